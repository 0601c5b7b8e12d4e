using System.Collections.Immutable;
using Serverless.Benchmarks.Scenarios;
using Serverless.Learning.Adapters;
using Serverless.Learning.Kernels;
using Serverless.Learning.Models;
using Serverless.Learning.Training;
using TorchSharp;

namespace Serverless.Benchmarks;

/// <summary>Everything that is measured, in the order of the table.</summary>
internal static class ScenarioList
{
    private static readonly MatrixProducts Float32 = new("matrix products, float32", torch.ScalarType.Float32, size: 1536);

    // Processors without instructions for it take a hundred times as long.
    private static readonly MatrixProducts BFloat16 = new("matrix products, bfloat16", torch.ScalarType.BFloat16, size: 512);

    private static readonly MemoryReads Memory = new();

    /// <summary>What the machine can do.</summary>
    public static ImmutableArray<IScenario> Ceilings { get; } = [Float32, BFloat16, Memory];

    /// <summary>What this project does.</summary>
    public static ImmutableArray<IScenario> Figures { get; } =
    [
        new TrainingSteps("LoRA", ModelShape.Sample, AdapterKind.Lora, texts: 16, length: 128),
        new TrainingSteps("full", ModelShape.Sample, AdapterKind.Full, texts: 16, length: 128),
        new TrainingSteps("LoRA", ModelShape.Llama135M, AdapterKind.Lora, texts: 4, length: 512),
        new TrainingSteps("LoRA", ModelShape.Llama135M, AdapterKind.Lora, texts: 4, length: 512, recomputes: true),
        new TrainingSteps("full", ModelShape.Llama135M, AdapterKind.Full, texts: 4, length: 256),
        new TrainingSteps("LoRA", ModelShape.Qwen500M, AdapterKind.Lora, texts: 1, length: 256),
        new TrainingSteps("QLoRA", ModelShape.Qwen500M, AdapterKind.Qlora, texts: 1, length: 256),
        new PreferenceSteps(ModelShape.Sample, pairs: 8, length: 128),
        new PolicySteps(ModelShape.Sample, prompts: 4, group: 8, promptLength: 64, answerLength: 32),
        new Prefill(ModelShape.Llama135M, length: 512, MatrixStorage.Float32),
        new Prefill(ModelShape.Llama135M, length: 512, MatrixStorage.AsStored),
        new Decode(ModelShape.Llama135M, rows: 1, MatrixStorage.Float32, KernelPath.Plain),
        new Decode(ModelShape.Llama135M, rows: 16, MatrixStorage.Float32, KernelPath.Plain),
        new Decode(ModelShape.Llama135M, rows: 1, MatrixStorage.Float32),
        new Decode(ModelShape.Llama135M, rows: 16, MatrixStorage.Float32),
        new Decode(ModelShape.Llama135M, rows: 1, MatrixStorage.AsStored),
        new Decode(ModelShape.Llama135M, rows: 16, MatrixStorage.AsStored),
        new Decode(ModelShape.Llama135M, rows: 1, MatrixStorage.Int8),
        new Decode(ModelShape.Llama135M, rows: 16, MatrixStorage.Int8),
        new Decode(ModelShape.Llama135M, rows: 1, MatrixStorage.Float32, adapted: true),
        new Decode(ModelShape.Llama135M, rows: 16, MatrixStorage.Float32, adapted: true),
        new Tokenizing(megabytes: 4),
        new Loading(ModelShape.Llama135M),
        new Checkpoints(ModelShape.Llama135M),
    ];

    /// <summary>The scenario that measures a ceiling.</summary>
    public static IScenario Of(Ceiling ceiling) => ceiling switch
    {
        Ceiling.MemoryReads => Memory,
        _ => ComputePrecisions.OfThisProcessor == ComputePrecision.BFloat16 ? BFloat16 : Float32,
    };
}
