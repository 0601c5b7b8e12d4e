using System.Collections.Immutable;
using Serverless.Learning.Evaluation;
using Serverless.Learning.Training;
using Serverless.Service.Jobs;

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

    /// <summary>What each stage of a recipe led to, up to the last but one; empty with every other method.</summary>
    public ImmutableArray<ModelEvaluation> Stages { get; init; } = [];

    /// <summary>Both models' answers compared: exact_match, then each grader; empty until all answers are there, or if none was asked for.</summary>
    public ImmutableArray<MetricComparison> Comparisons { get; init; } = [];

    /// <summary>Of preferences: the share of pairs whose preferred answer gained on the other, ties counting a half; null otherwise.</summary>
    public double? RewardAccuracy { get; init; }

    /// <summary>Of preferences: by how much it gained on average, times beta, in nats; null otherwise.</summary>
    public double? RewardMargin { get; init; }

    /// <summary>Of preferences: the margin of each pair in the order of the file, times beta, in nats; empty otherwise, and in what was written before it was kept.</summary>
    public ImmutableArray<double> PairMargins { get; init; } = [];

    /// <summary>Of preferences: the share with its interval; null otherwise, and in what was written before it was kept.</summary>
    public MeanInterval? RewardAccuracyInterval { get; init; }

    /// <summary>The same of the margin.</summary>
    public MeanInterval? RewardMarginInterval { get; init; }

    /// <summary>Whether all of it is there.</summary>
    public bool Finished { get; init; }

    /// <summary>The model that a stage led to; nothing of it if it was not looked at yet.</summary>
    public ModelEvaluation Of(int stage) => stage < Stages.Length ? Stages[stage] : new ModelEvaluation();

    /// <summary>With the model that a stage led to.</summary>
    public JobEvaluation With(int stage, ModelEvaluation model) => this with { Stages = stage < Stages.Length ? Stages.SetItem(stage, model) : Stages.Add(model) };

    /// <summary>Without what was found of the stage that is under way, and without what follows from it; of any other method only the base is left.</summary>
    /// <param name="job">The job as if that stage were all of it.</param>
    public JobEvaluation Without(JobRecord job)
    {
        if (!job.IsAtLastStage())
            return job.Stage < Stages.Length ? this with { Stages = Stages.RemoveRange(job.Stage, Stages.Length - job.Stage) } : this;
        // Once they are compared, the base's pairs are gone.
        return new JobEvaluation { Examples = Examples, Base = RewardAccuracy is null ? Base : new ModelEvaluation(), Stages = Stages };
    }

    /// <summary>By how much the tuned model is better, by the name of a metric; null if it was not measured. The base's reward accuracy is 0.5, and its margin 0.</summary>
    public double? GainOf(string metric) => metric switch
    {
        "loss" or "perplexity" or "token_accuracy" when Base.Scores.Tokens == 0 => null,
        "loss" => Base.Scores.Loss - Tuned.Scores.Loss,
        "perplexity" => Base.Scores.Perplexity - Tuned.Scores.Perplexity,
        "token_accuracy" => Tuned.Scores.TokenAccuracy - Base.Scores.TokenAccuracy,
        // The base gains nothing on itself: all of its pairs are ties.
        "reward_accuracy" => RewardAccuracy - 0.5,
        "reward_margin" => RewardMargin,
        _ => Comparisons.FirstOrDefault(comparison => comparison.Metric == metric)?.Gain.Mean,
    };

    /// <summary>With everything that is known only once both models have answered.</summary>
    /// <param name="seed">The job's, for the intervals.</param>
    public JobEvaluation Compared(long seed) => this with
    {
        Comparisons =
        [
            .. Base.ExactMatches.IsEmpty ? [] : new[] { MetricComparison.Of("exact_match", Base.ExactMatches, Tuned.ExactMatches, seed) },
            .. Base.Graders.Zip(Tuned.Graders, (before, after) => MetricComparison.Of(before.Name, before.Scores, after.Scores, seed)),
        ],
    };

    /// <summary>With the pairs of both models compared, the base being the reference.</summary>
    /// <param name="seed">The job's, for the intervals.</param>
    public JobEvaluation WithPreference(double? beta, long seed)
    {
        if (beta is not { } strength || Base.Pairs.IsEmpty)
            return this;
        var losses = Tuned.Pairs.Zip(Base.Pairs, (policy, reference) => PreferenceLoss.Of(policy, reference, strength)).ToList();
        return this with
        {
            RewardAccuracy = losses.Average(loss => loss.Accuracy),
            RewardMargin = losses.Average(loss => loss.Margin),
            PairMargins = [.. losses.Select(loss => loss.Margin)],
            RewardAccuracyInterval = Bootstrap.Mean([.. losses.Select(loss => loss.Accuracy)], seed),
            RewardMarginInterval = Bootstrap.Mean([.. losses.Select(loss => loss.Margin)], seed),
            Base = Base with { Pairs = [] },
            Tuned = Tuned with { Pairs = [] },
            Stages = [.. Stages.Select(stage => stage with { Pairs = [] })],
        };
    }
}
