using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Serverless.Benchmarks.Peers;
using Serverless.Learning;
using Serverless.Learning.Native;

namespace Serverless.Benchmarks;

/// <summary>
/// Measures one scenario in a process of its own, so that its peak memory is its own and nothing is warm from another; models are written by
/// other processes for the same reason.
/// </summary>
internal static class ChildProcess
{
    /// <summary>Marks the line of the child's output that holds the reading.</summary>
    private const string Mark = "reading ";

    /// <summary>What the child does.</summary>
    /// <param name="name">A scenario, which is measured and whose reading is written as a line of JSON, or a shape or a file of one, which is written.</param>
    public static int Answer(string name, BenchmarkOptions options)
    {
        NativeRuntime.SetThreads(options.Threads);
        if (ModelShape.All.FirstOrDefault(shape => shape.Name == name) is { } shape)
        {
            shape.WriteTo(FolderOf(shape, options.Models));
            return 0;
        }
        if (GgufModel.All.FirstOrDefault(file => file.Name == name) is { } gguf)
        {
            gguf.WriteTo(options.Models);
            return 0;
        }
        var scenario = ScenarioList.Ceilings.Concat(ScenarioList.Figures).FirstOrDefault(scenario => scenario.Name == name)
                       ?? throw new InputError($"--child: found no scenario, no shape and no file \"{name}\"");
        var reading = scenario.Measure(scenario.Shape is { } measured ? FolderOf(measured, options.Models) : "", new Stopclock(options.Seconds));
        Console.WriteLine(Mark + JsonSerializer.Serialize(reading));
        return 0;
    }

    /// <summary>Lets a child write a shape.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message holds what it said.</exception>
    public static Task WriteAsync(ModelShape shape, string models, BenchmarkOptions options, CancellationToken ct) =>
        WriteAsync(shape.Name, Path.Combine(FolderOf(shape, models), "model.safetensors"), models, options, ct);

    /// <summary>Lets a child write a file of a shape that is there.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message holds what it said.</exception>
    public static Task WriteAsync(GgufModel file, string models, BenchmarkOptions options, CancellationToken ct) =>
        WriteAsync(file.Name, Path.Combine(models, file.Name), models, options, ct);

    /// <summary>Lets a child measure a scenario.</summary>
    /// <exception cref="InvalidOperationException">The child ended without a reading; the message holds what it said.</exception>
    public static async Task<Reading> MeasureAsync(IScenario scenario, string models, BenchmarkOptions options, CancellationToken ct)
    {
        var (output, said) = await RunAsync(Environment.ProcessPath!,
            ["--child", scenario.Name, "--models", models, "--seconds", Number(options.Seconds), "--threads", Number(options.Threads)], ct);
        var line = output.Split('\n').LastOrDefault(line => line.StartsWith(Mark, StringComparison.Ordinal))
                   ?? throw new InvalidOperationException($"{scenario.Name}: ended without a reading\n{said}");
        return JsonSerializer.Deserialize<Reading>(line[Mark.Length..])!;
    }

    /// <summary>Runs a program to its end, or ends it where the wait is cancelled.</summary>
    /// <param name="variables">Set in its environment.</param>
    /// <returns>Its standard output, and what it said on standard error.</returns>
    public static async Task<(string Output, string Said)> RunAsync(
        string program, IReadOnlyList<string> arguments, CancellationToken ct, IReadOnlyDictionary<string, string>? variables = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in variables ?? ImmutableDictionary<string, string>.Empty) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(ct);
            var said = process.StandardError.ReadToEndAsync(ct);
            await process.WaitForExitAsync(ct);
            return (await output, await said);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                // What is still dying would be measured with what comes next.
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }
    }

    /// <summary>Runs a program to its end, but no longer than so.</summary>
    /// <returns>What it wrote; null if its time was over, and it was ended.</returns>
    public static async Task<(string Output, string Said)?> RunAsync(
        string program, IReadOnlyList<string> arguments, TimeSpan patience, CancellationToken ct, IReadOnlyDictionary<string, string>? variables = null)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(ct);
        late.CancelAfter(patience);
        try
        {
            return await RunAsync(program, arguments, late.Token, variables);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return null;
        }
    }

    private static async Task WriteAsync(string name, string file, string models, BenchmarkOptions options, CancellationToken ct)
    {
        var (_, said) = await RunAsync(Environment.ProcessPath!, ["--child", name, "--models", models, "--threads", Number(options.Threads)], ct);
        if (!File.Exists(file)) throw new InvalidOperationException($"{name}: was not written\n{said}");
    }

    private static string FolderOf(ModelShape shape, string models) => Path.Combine(models, shape.Name);

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
}
