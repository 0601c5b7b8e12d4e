using Serverless.Learning.Data;
using Serverless.Learning.Evaluation;
using Serverless.Learning.Models;
using static TorchSharp.torch;

namespace Serverless.Learning.Training;

/// <summary>
/// The mean negative log-likelihood of the step's target tokens, weighted by token across micro-batches: supervised fine-tuning, where the
/// targets are the assistant's tokens, and pre-training, where all are.
/// </summary>
/// <param name="validation">What is scored after each epoch; none is fine.</param>
internal sealed class CrossEntropyObjective(IBatchSource batches, IReadOnlyList<TrainingSequence> validation) : IObjective
{
    public IBatchSource Batches { get; } = batches;

    public Tensor ShareOf(Decoder decoder, Tensor hidden, MicroBatch micro, StepReport report)
    {
        var (loss, correct) = decoder.Loss(hidden, micro.Targets, 1.0 / report.Targets);
        report.AddLoss(loss.item<float>());
        report.AddCorrect(correct);
        return loss;
    }

    public ValidationScores? Validate(LanguageModel model, CancellationToken cancellation)
    {
        if (validation.Count == 0) return null;
        var scores = Evaluator.Score(model, validation, cancellation);
        return new ValidationScores(scores.Loss, scores.TokenAccuracy, new Dictionary<string, double>());
    }
}
