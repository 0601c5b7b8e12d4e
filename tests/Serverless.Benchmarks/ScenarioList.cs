using System.Collections.Immutable;
using Serverless.Benchmarks.Peers;
using Serverless.Benchmarks.Scenarios;
using Serverless.Learning.Adapters;
using Serverless.Learning.Formats.Gguf;
using Serverless.Learning.Kernels;
using Serverless.Learning.Models;
using Serverless.Learning.Training;
using TorchSharp;

namespace Serverless.Benchmarks;

/// <summary>Everything that is measured, in the order of the table.</summary>
internal static class ScenarioList
{
    /// <summary>Tokens of the prompts that are read.</summary>
    public const int PrefillLength = 512;

    private static readonly MatrixProducts Float32 = new("matrix products, float32", torch.ScalarType.Float32, size: 1536);

    // Processors without instructions for it take a hundred times as long.
    private static readonly MatrixProducts BFloat16 = new("matrix products, bfloat16", torch.ScalarType.BFloat16, size: 512);

    private static readonly MemoryReads Memory = new();

    /// <summary>What the machine can do.</summary>
    public static ImmutableArray<IScenario> Ceilings { get; } = [Float32, BFloat16, Memory];

    public static TrainingSteps Lora { get; } = new("LoRA", ModelShape.Llama135M, AdapterKind.Lora, texts: 4, length: 512);

    public static TrainingSteps LoraRecomputed { get; } = new("LoRA", ModelShape.Llama135M, AdapterKind.Lora, texts: 4, length: 512, recomputes: true);

    public static TrainingSteps ShorterRecomputed { get; } = new("LoRA", ModelShape.Llama135M, AdapterKind.Lora, texts: 4, length: 256, recomputes: true);

    public static TrainingSteps HalfTargets { get; } = new("LoRA", ModelShape.Sample, AdapterKind.Lora, texts: 16, length: 128);

    public static TrainingSteps AllTargets { get; } = new("LoRA", ModelShape.Sample, AdapterKind.Lora, texts: 16, length: 128, targets: 1);

    public static TrainingSteps Qlora1500M { get; } = new("QLoRA", ModelShape.Qwen1500M, AdapterKind.Qlora, texts: 1, length: 256, recomputes: true, fewest: 1);

    public static Decode OneRollout { get; } = new(ModelShape.Llama135M, rows: 1, MatrixStorage.Float32, adapted: true);

    public static Decode ManyRollouts { get; } = new(ModelShape.Llama135M, rows: 16, MatrixStorage.Float32, adapted: true);

    public static HeadStarts HeadStarts { get; } = new();

    public static WarmJobs WarmJobs { get; } = new(ModelShape.Llama135M);

    /// <summary>Decoding of one answer as llama.cpp does it too, with one thread and with those of the campaign.</summary>
    public static ImmutableArray<PeerPair> DecodePairs { get; } =
    [
        .. new[] { (MatrixStorage.Float32, GgufType.F32), (MatrixStorage.AsStored, GgufType.BF16), (MatrixStorage.Int8, GgufType.Q8_0) }.SelectMany(each => new PeerPair[]
        {
            new(new Decode(ModelShape.Llama135M, rows: 1, each.Item1, threads: 1), each.Item2, Threads: 1),
            new(new Decode(ModelShape.Llama135M, rows: 1, each.Item1), each.Item2),
        }),
    ];

    /// <summary>Reading of a prompt as llama.cpp does it too.</summary>
    public static ImmutableArray<PeerPair> PrefillPairs { get; } =
    [
        new(new Prefill(ModelShape.Llama135M, PrefillLength, MatrixStorage.Float32), GgufType.F32),
        new(new Prefill(ModelShape.Llama135M, PrefillLength, MatrixStorage.AsStored), GgufType.BF16),
    ];

    /// <summary>What this project does.</summary>
    public static ImmutableArray<IScenario> Figures { get; } =
    [
        HalfTargets,
        AllTargets,
        new TrainingSteps("full", ModelShape.Sample, AdapterKind.Full, texts: 16, length: 128),
        Lora,
        LoraRecomputed,
        new TrainingSteps("LoRA", ModelShape.Llama135M, AdapterKind.Lora, texts: 4, length: 256),
        ShorterRecomputed,
        new TrainingSteps("full", ModelShape.Llama135M, AdapterKind.Full, texts: 4, length: 256),
        new TrainingSteps("LoRA", ModelShape.Qwen500M, AdapterKind.Lora, texts: 1, length: 256),
        new TrainingSteps("full", ModelShape.Qwen500M, AdapterKind.Full, texts: 1, length: 256, fewest: 1),
        new TrainingSteps("QLoRA", ModelShape.Qwen500M, AdapterKind.Qlora, texts: 1, length: 256),
        Qlora1500M,
        new PreferenceSteps(ModelShape.Sample, pairs: 8, length: 128),
        new PolicySteps(ModelShape.Sample, prompts: 4, group: 8, promptLength: 64, answerLength: 32),
        .. PrefillPairs.Select(pair => pair.Ours),
        new Decode(ModelShape.Llama135M, rows: 1, MatrixStorage.Float32, KernelPath.Plain),
        new Decode(ModelShape.Llama135M, rows: 16, MatrixStorage.Float32, KernelPath.Plain),
        .. DecodePairs.Select(pair => pair.Ours),
        new Decode(ModelShape.Llama135M, rows: 16, MatrixStorage.Float32),
        new Decode(ModelShape.Llama135M, rows: 16, MatrixStorage.AsStored),
        new Decode(ModelShape.Llama135M, rows: 16, MatrixStorage.Int8),
        OneRollout,
        ManyRollouts,
        new Tokenizing(megabytes: 4),
        new Loading(ModelShape.Llama135M),
        new Checkpoints(ModelShape.Llama135M),
        HeadStarts,
        WarmJobs,
    ];

    /// <summary>The scenario that measures a ceiling.</summary>
    public static IScenario Of(Ceiling ceiling) => ceiling switch
    {
        Ceiling.MemoryReads => Memory,
        _ => ComputePrecisions.OfThisProcessor == ComputePrecision.BFloat16 ? BFloat16 : Float32,
    };
}
