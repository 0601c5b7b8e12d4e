using Serverless.Learning.Models;

namespace Serverless.Learning.Training;

/// <summary>What a run learns from, by method. The trainer makes the method's objective of it.</summary>
public abstract record TrainingTask
{
    internal abstract IObjective ObjectiveFor(LanguageModel model, TrainingOptions options);
}
