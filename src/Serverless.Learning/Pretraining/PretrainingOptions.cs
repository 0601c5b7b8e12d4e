using Serverless.Learning.Training;

namespace Serverless.Learning.Pretraining;

/// <summary>A pre-training run from random weights; the defaults are those of the sample model.</summary>
public sealed record PretrainingOptions
{
    /// <summary>V, special tokens included.</summary>
    public int VocabularySize { get; init; } = 8192;

    /// <summary>D.</summary>
    public int Width { get; init; } = 256;

    public int InnerWidth { get; init; } = 768;

    public int Layers { get; init; } = 7;

    /// <summary>H.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>K.</summary>
    public int KeyValueHeads { get; init; } = 2;

    public int HeadSize { get; init; } = 64;

    /// <summary>The context the finished model states, in tokens; rotary positions reach as far.</summary>
    public int MaxLength { get; init; } = 1024;

    /// <summary>T, tokens a row of plain text: short rows are cheap, and most of what a small model learns lies near.</summary>
    public int Time { get; init; } = 256;

    /// <summary>T, tokens a row of conversations at the end, which make the whole context familiar.</summary>
    public int ConversationTime { get; init; } = 1024;

    /// <summary>Tokens of the whole run.</summary>
    public long Tokens { get; init; } = 9_400_000;

    /// <summary>Tokens of one optimiser step.</summary>
    public int BatchTokens { get; init; } = 8192;

    /// <summary>Tokens that go through the model together.</summary>
    public int MicroBatchTokens { get; init; } = 4096;

    /// <summary>The peak of the schedule: warm-up, stable, then a linear decay to zero.</summary>
    public double LearningRate { get; init; } = 3e-3;

    public int WarmupSteps { get; init; } = 150;

    /// <summary>The share of the steps at the end over which the learning rate decays.</summary>
    public double DecayFraction { get; init; } = 0.4;

    /// <summary>The share of the steps at the end whose text is formatted as conversations.</summary>
    public double ChatFraction { get; init; } = 0.2;

    public double WeightDecay { get; init; } = 0.1;

    public long Seed { get; init; } = 1;

    /// <summary>The dtype of matrix products.</summary>
    public ComputePrecision Precision { get; init; } = ComputePrecision.Float32;
}
