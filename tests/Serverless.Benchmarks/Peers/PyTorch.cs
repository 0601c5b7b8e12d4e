using System.Collections.Immutable;
using System.Globalization;
using Serverless.Learning.Training;

namespace Serverless.Benchmarks.Peers;

/// <summary>
/// The LoRA step of the 135M shape in plain PyTorch, by a Python that has it, in the precision that our step computes in: with the C library's
/// allocator as it is, and with one that keeps large blocks, as ours does.
/// </summary>
internal sealed class PyTorch(BenchmarkOptions options) : IPeer
{
    public const string Default = "PyTorch";
    public const string Tuned = "PyTorch, tuned malloc";

    private const int Texts = 4;
    private const int Length = 512;

    /// <summary>A step to warm up and two that are timed, at least; what has not come to that after so long is no figure.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(240);

    // mallopt(3): the same thresholds that our own process sets.
    private static readonly ImmutableDictionary<string, string> KeepsBlocks = ImmutableDictionary<string, string>.Empty
        .Add("MALLOC_MMAP_THRESHOLD_", "1073741824").Add("MALLOC_TRIM_THRESHOLD_", "2147483647").Add("MALLOC_ARENA_MAX", "1");

    public string Name => Default;

    public IReadOnlyList<IScenario> Beside { get; } = [ScenarioList.Lora];

    public Task PrepareAsync(string models, CancellationToken ct) => Task.CompletedTask;

    public async Task<IReadOnlyList<PeerReading>> MeasureAsync(string models, CancellationToken ct) =>
    [
        new PeerReading(Default, ScenarioList.Lora.Name, await MeasureAsync(ImmutableDictionary<string, string>.Empty, ct)),
        new PeerReading(Tuned, ScenarioList.Lora.Name, await MeasureAsync(KeepsBlocks, ct)),
    ];

    private async Task<double?> MeasureAsync(ImmutableDictionary<string, string> allocator, CancellationToken ct)
    {
        var shape = ModelShape.Llama135M;
        var threads = options.Threads.ToString(CultureInfo.InvariantCulture);
        var dtype = ComputePrecisions.OfThisProcessor == ComputePrecision.BFloat16 ? "bfloat16" : "float32";
        int[] numbers = [shape.Width, shape.Inner, shape.Layers, shape.Heads, shape.KeyValueHeads, shape.Vocabulary, Texts, Length];
        string[] words =
        [
            Path.Combine(AppContext.BaseDirectory, "Peers", "lora_step.py"), .. numbers.Select(number => number.ToString(CultureInfo.InvariantCulture)),
            threads, options.Seconds.ToString(CultureInfo.InvariantCulture), dtype,
        ];
        // Its matrix products have threads of their own.
        var variables = allocator.Add("OPENBLAS_NUM_THREADS", threads).Add("OMP_NUM_THREADS", threads);
        if (await ChildProcess.RunAsync(options.Python!, words, Patience, ct, variables) is not var (output, said)) return null;
        return double.TryParse(output.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            ? Texts * Length / seconds
            : throw new InvalidOperationException($"{options.Python}: ended without a figure\n{said}");
    }
}
