using Serverless.Learning.Training;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>The base and the tuned model side by side on a job's validation file; <c>jobs/&lt;id&gt;/evaluation.json</c>.</summary>
public sealed record JobEvaluation
{
    /// <summary>The examples of the file.</summary>
    public required int Examples { get; init; }

    /// <summary>The model that training started from.</summary>
    public ModelEvaluation Base { get; init; } = new();

    /// <summary>The model as it is published.</summary>
    public ModelEvaluation Tuned { get; init; } = new();

    /// <summary>Whether all of it is there.</summary>
    public bool Finished { get; init; }

    /// <summary>Of preferences: the share of pairs whose preferred answer gained on the other, ties counting a half; null otherwise.</summary>
    public double? RewardAccuracy { get; init; }

    /// <summary>Of preferences: by how much it gained on average, times beta, in nats; null otherwise.</summary>
    public double? RewardMargin { get; init; }

    /// <summary>With the pairs of both models compared, the base being the reference.</summary>
    public JobEvaluation WithPreference(double? beta)
    {
        if (beta is not { } strength || Base.Pairs.IsEmpty)
            return this;
        var losses = Tuned.Pairs.Zip(Base.Pairs, (policy, reference) => PreferenceLoss.Of(policy, reference, strength)).ToList();
        return this with
        {
            RewardAccuracy = losses.Average(loss => loss.Accuracy),
            RewardMargin = losses.Average(loss => loss.Margin),
            Base = Base with { Pairs = [] },
            Tuned = Tuned with { Pairs = [] },
        };
    }
}
