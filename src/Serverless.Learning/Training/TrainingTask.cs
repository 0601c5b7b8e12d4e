using Serverless.Learning.Models;

namespace Serverless.Learning.Training;

/// <summary>What a run learns from, by method. The trainer makes the method's objective of it.</summary>
public abstract record TrainingTask
{
    /// <summary>Prompts that the model answers now and then; none is fine. A policy's answers are those to its own prompts.</summary>
    public IReadOnlyList<SamplePrompt> Asked { get; init; } = [];

    internal abstract IObjective ObjectiveFor(LanguageModel model, TrainingOptions options);
}
