using Serverless.Learning.Models;
using static TorchSharp.torch;

namespace Serverless.Learning.Training;

/// <summary>Direct preference optimisation: the mean of <see cref="PreferenceLoss"/> over the pairs of a step.</summary>
internal sealed class PreferenceObjective : IObjective
{
    private readonly PreferenceTask task;
    private readonly PairBatches batches;
    private readonly double beta;

    public PreferenceObjective(PreferenceTask task, TrainingOptions options)
    {
        this.task = task;
        batches = new PairBatches(task.Pairs, options);
        beta = options.Beta ?? throw new ArgumentException("preferences are learned with a beta", nameof(options));
    }

    public IBatchSource Batches => batches;

    public Tensor ShareOf(Decoder decoder, Tensor hidden, MicroBatch micro, StepReport report)
    {
        var reference = task.Reference ?? throw new InvalidOperationException("the reference has not been scored");
        var values = decoder.LogProbabilities(hidden, micro.Targets).Values;
        var scores = PairScores.Of(values, micro);
        var pairs = report.Batch.Sum(one => PairScores.PairsOf(one).Count);
        var slopes = new Dictionary<int, double>();
        foreach (var (pair, policy) in scores)
        {
            var loss = PreferenceLoss.Of(policy, reference[pair], beta);
            report.AddLoss(loss.Value / pairs);
            Report(loss, policy, report.Add);
            slopes[2 * pair] = loss.Slope / pairs;
            slopes[2 * pair + 1] = -loss.Slope / pairs;
        }
        // A sum of log-probabilities has the same slope at each of its tokens.
        var places = Enumerable.Range(0, micro.Targets.Length).Where(at => micro.Targets[at] >= 0);
        return values.mul(tensor(places.Select(at => (float)slopes[micro.Examples![at]]).ToArray())).sum();
    }

    /// <summary>What the model says about the pairs of a step, with the weights as they are and batched as the step batches them.</summary>
    public IReadOnlyDictionary<int, PairScore> Score(Decoder decoder, int step, CancellationToken cancellation) =>
        PairScores.Of(decoder, batches.BatchOf(step), cancellation);

    /// <summary>The same of all validation pairs, in their order.</summary>
    public IReadOnlyList<PairScore> ScoreValidation(Decoder decoder, CancellationToken cancellation = default) => PairScores.Of(decoder, task.Validation, cancellation);

    public ValidationScores? Validate(LanguageModel model, CancellationToken cancellation)
    {
        if (task.Validation.Count == 0 || task.ValidationReference is not { } reference) return null;
        var figures = new FigureMeans();
        var total = 0.0;
        foreach (var (policy, referenceScore) in ScoreValidation(model.Decoder, cancellation).Zip(reference))
        {
            var loss = PreferenceLoss.Of(policy, referenceScore, beta);
            total += loss.Value;
            Report(loss, policy, figures.Add);
        }
        return new ValidationScores(total / reference.Count, null, figures.Means());
    }

    private static void Report(PreferenceLoss loss, PairScore policy, Action<string, double, double> add)
    {
        add("reward_margin", loss.Margin, 1);
        add("reward_accuracy", loss.Accuracy, 1);
        add("chosen_reward", loss.ChosenReward, 1);
        add("rejected_reward", loss.RejectedReward, 1);
        add("chosen_log_probability", policy.Chosen, 1);
        add("rejected_log_probability", policy.Rejected, 1);
    }
}
