using Serverless.Learning.Data;
using Serverless.Learning.Models;

namespace Serverless.Learning.Training;

/// <summary>Supervised fine-tuning: answers to imitate.</summary>
/// <param name="Examples">What is trained on, each with at least one target.</param>
/// <param name="Validation">What is scored after each epoch; none is fine.</param>
public sealed record SupervisedTask(IReadOnlyList<TrainingSequence> Examples, IReadOnlyList<TrainingSequence> Validation) : TrainingTask
{
    internal override IObjective ObjectiveFor(LanguageModel model, TrainingOptions options) =>
        new CrossEntropyObjective(new ExampleBatches(Examples, options), Validation);
}
