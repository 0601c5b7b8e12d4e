using System.Globalization;
using System.Text.Json;
using Serverless.Learning.Formats.Gguf;

namespace Serverless.Benchmarks.Peers;

/// <summary>llama.cpp's own benchmark: decoding of the 135M shape in three types, and reading of a prompt of 512 tokens.</summary>
internal sealed class LlamaBench(BenchmarkOptions options) : IPeer
{
    public const string PeerName = "llama.cpp";

    private const int Decoded = 64;
    private const int Repetitions = 3;

    /// <summary>Its threads wait for each other in loops: where another program takes a processor, a minute becomes an hour.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    public string Name => PeerName;

    public IReadOnlyList<IScenario> Beside => [.. ScenarioList.DecodePairs.Select(pair => pair.Ours), .. ScenarioList.PrefillPairs.Select(pair => pair.Ours)];

    public async Task PrepareAsync(string models, CancellationToken ct)
    {
        foreach (var file in GgufModel.All) await ChildProcess.WriteAsync(file, models, options, ct);
    }

    public async Task<IReadOnlyList<PeerReading>> MeasureAsync(string models, CancellationToken ct)
    {
        var threads = ScenarioList.DecodePairs.Select(pair => pair.Threads ?? options.Threads).Distinct();
        var decoding = await RunAsync(models, [.. ScenarioList.DecodePairs.Select(pair => pair.Type).Distinct()], threads, read: 0, Decoded, ct);
        var reading = await RunAsync(models, [.. ScenarioList.PrefillPairs.Select(pair => pair.Type)], [options.Threads], ScenarioList.PrefillLength, written: 0, ct);
        return
        [
            .. ScenarioList.DecodePairs.Select(pair => new PeerReading(PeerName, pair.Ours.Name, decoding?[(FileOf(pair.Type), pair.Threads ?? options.Threads)])),
            .. ScenarioList.PrefillPairs.Select(pair => new PeerReading(PeerName, pair.Ours.Name, reading?[(FileOf(pair.Type), options.Threads)])),
        ];
    }

    /// <summary>Reads what <c>llama-bench -o json</c> writes: an array with an object for each test.</summary>
    /// <returns>Tokens a second by the model's file and threads.</returns>
    /// <exception cref="JsonException">It is something else.</exception>
    public static IReadOnlyDictionary<(string File, int Threads), double> Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.EnumerateArray().ToDictionary(
            test => (Path.GetFileName(test.GetProperty("model_filename").GetString()!), test.GetProperty("n_threads").GetInt32()),
            test => Median.Of(test.GetProperty("samples_ts").EnumerateArray().Select(sample => sample.GetDouble())));
    }

    private async Task<IReadOnlyDictionary<(string File, int Threads), double>?> RunAsync(
        string models, IReadOnlyList<GgufType> types, IEnumerable<int> threads, int read, int written, CancellationToken ct)
    {
        string[] words =
        [
            .. types.SelectMany(type => new[] { "-m", Path.Combine(models, FileOf(type)) }), "-t", string.Join(',', threads),
            "-p", Text(read), "-n", Text(written), "-r", Text(Repetitions), "-o", "json",
        ];
        if (await ChildProcess.RunAsync(options.LlamaBench!, words, Patience, ct) is not var (output, said)) return null;
        return output.Contains(']', StringComparison.Ordinal)
            ? Read(output)
            : throw new InvalidOperationException($"{options.LlamaBench}: ended without a figure\n{said}");
    }

    private static string FileOf(GgufType type) => new GgufModel(ModelShape.Llama135M, type).Name;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
