using System.Collections.Immutable;
using System.Diagnostics;
using Serverless.Learning.Adapters;
using Serverless.Learning.Kernels;
using Serverless.Learning.Models;
using Serverless.Learning.Native;
using Serverless.Learning.Sampling;

namespace Serverless.Benchmarks.Scenarios;

/// <summary>
/// Answers grow by one token a step, together. The time of a repetition is that of all steps less that of reading the short prompts, which is
/// measured by answers of one token.
/// </summary>
/// <param name="storage">How the weights stand in memory.</param>
/// <param name="path">Plain for libtorch's own operations.</param>
/// <param name="adapted">Whether a LoRA adapter of rank 16 is on all products.</param>
/// <param name="threads">1, or null for those of the campaign.</param>
internal sealed class Decode(
    ModelShape shape, int rows, MatrixStorage storage, KernelPath path = KernelPath.Fused, bool adapted = false, int? threads = null) : IScenario
{
    private const int PromptLength = 16;
    private const int Tokens = 64;

    public string Name => $"decode, {shape.Name}, {rows} at once, {How}";

    /// <summary>How many answers grow together.</summary>
    public int Rows => rows;

    /// <summary>The scenario's name without its rows.</summary>
    public string Kind => $"decode, {shape.Name}, {How}";

    public string Unit => "tokens";

    public Ceiling? Ceiling => Benchmarks.Ceiling.MemoryReads;

    public ModelShape? Shape => shape;

    public Reading Measure(string folder, Stopclock clock)
    {
        NativeRuntime.KernelPath = path;
        if (threads is { } count) NativeRuntime.SetThreads(count);
        using var model = LanguageModel.Load(folder, storage: storage);
        using var adapter = adapted ? LoraAdapter.Wrap(model.Decoder, new AdapterOptions(), seed: 1) : null;
        var drawn = new RandomTexts(shape.Vocabulary, seed: 5);
        var prompts = Enumerable.Range(0, rows).Select(_ => drawn.Ids(PromptLength)).ToList();
        var generator = new TextGenerator(model);
        var grown = 0;
        var reading = clock.Read(rows * (Tokens - 1), shape.DecodeBytes(BytesOfWeight) * (Tokens - 1), () => grown = Grow(Tokens).Min());
        if (grown < Tokens) throw new UnreachableException($"an answer ended after {grown} tokens, where {Tokens} were to be measured");
        var beginning = Median.Of(Enumerable.Range(0, 3).Select(_ => Timed(() => Grow(1))));
        return reading with { Seconds = [.. reading.Seconds.Select(seconds => Math.Max(1e-9, seconds - beginning))] };

        IEnumerable<int> Grow(int tokens) => generator
            .Generate(prompts, SamplingOptions.Greedy(tokens) with { LogitBias = NoEnd(model) }, CancellationToken.None).Select(answer => answer.Ids.Count);
    }

    private string How => Held + (adapted ? ", LoRA" : "") + (path == KernelPath.Plain ? ", libtorch's operations" : "") + (threads == 1 ? ", 1 thread" : "");

    private string Held => storage switch { MatrixStorage.AsStored => "bfloat16", MatrixStorage.Int8 => "int8", _ => "float32" };

    private int BytesOfWeight => storage switch { MatrixStorage.AsStored => 2, MatrixStorage.Int8 => 1, _ => 4 };

    private static ImmutableDictionary<int, double> NoEnd(LanguageModel model) => model.StopIds.ToImmutableDictionary(id => id, _ => -100.0);

    private static double Timed(Func<IEnumerable<int>> work)
    {
        var clock = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(clock).TotalSeconds;
    }
}
