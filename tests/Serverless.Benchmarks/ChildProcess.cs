using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
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
    /// <param name="name">A scenario, which is measured and whose reading is written as a line of JSON, or a shape, which is written.</param>
    public static int Answer(string name, BenchmarkOptions options)
    {
        NativeRuntime.SetThreads(options.Threads);
        if (ModelShape.All.FirstOrDefault(shape => shape.Name == name) is { } shape)
        {
            shape.WriteTo(FolderOf(shape, options.Models));
            return 0;
        }
        var scenario = ScenarioList.Ceilings.Concat(ScenarioList.Figures).FirstOrDefault(scenario => scenario.Name == name)
                       ?? throw new InputError($"--child: found no scenario and no shape \"{name}\"");
        var reading = scenario.Measure(scenario.Shape is { } measured ? FolderOf(measured, options.Models) : "", new Stopclock(options.Seconds));
        Console.WriteLine(Mark + JsonSerializer.Serialize(reading));
        return 0;
    }

    /// <summary>Lets a child write a shape.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message holds what it said.</exception>
    public static async Task WriteAsync(ModelShape shape, string models, BenchmarkOptions options, CancellationToken ct)
    {
        var (_, said) = await RunAsync(Environment.ProcessPath!, ["--child", shape.Name, "--models", models, "--threads", Number(options.Threads)], ct);
        if (!File.Exists(Path.Combine(FolderOf(shape, models), "model.safetensors")))
            throw new InvalidOperationException($"{shape.Name}: was not written\n{said}");
    }

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

    /// <summary>Runs a program to its end.</summary>
    /// <returns>Its standard output, and what it said on standard error.</returns>
    public static async Task<(string Output, string Said)> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(ct);
            var said = process.StandardError.ReadToEndAsync(ct);
            await process.WaitForExitAsync(ct);
            return (await output, await said);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    private static string FolderOf(ModelShape shape, string models) => Path.Combine(models, shape.Name);

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
}
