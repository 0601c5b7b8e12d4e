using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Api.Wire;

/// <summary>The answer to <c>POST /v1/fine_tuning/jobs?dry_run=true</c>, which is ours: what the job would be.</summary>
internal sealed record DryRunObject
{
    public string Object { get; } = "fine_tuning.job.dry_run";

    public required string Model { get; init; }

    public required DryRunFileObject TrainingFile { get; init; }

    public DryRunFileObject? ValidationFile { get; init; }

    /// <summary>Examples of the training file; of a recipe, of all stages together.</summary>
    public required int Examples { get; init; }

    /// <summary>Left out of a recipe, whose stages have epochs of their own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? TokensPerEpoch { get; init; }

    /// <summary>Tokens of all epochs.</summary>
    public required long TotalTokens { get; init; }

    /// <summary>Whether a file was too long to be counted to its end at once.</summary>
    public required bool TokensAreEstimated { get; init; }

    /// <summary>Left out of a recipe.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? StepsPerEpoch { get; init; }

    public required int TotalSteps { get; init; }

    /// <summary>All resolved, nothing <c>auto</c>.</summary>
    public required JsonObject Hyperparameters { get; init; }

    public required JsonObject Method { get; init; }

    /// <summary>From the first step to the last, good to about a factor of two.</summary>
    public required double EstimatedSeconds { get; init; }

    public required long PeakMemoryBytes { get; init; }

    /// <summary>With <c>computed</c>, which says how.</summary>
    public required CostObject Cost { get; init; }

    public required IReadOnlyList<PlanWarningObject> Warnings { get; init; }

    /// <summary>The stages of a recipe, in order; left out of every other method.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<DryRunStageObject>? Stages { get; init; }

    public static DryRunObject Of(DryRun run)
    {
        var seconds = Math.Round(run.EstimatedTime.TotalSeconds, 1);
        var (first, last) = (run.Stages[0], run.Stages[^1]);
        var only = run.Stages.Count == 1 && run.Job.Stages.IsEmpty ? first.Plan : null;
        return new DryRunObject
        {
            Model = run.Job.Model.Value,
            TrainingFile = DryRunFileObject.Of(first.TrainingFile, first.Training),
            ValidationFile = last.ValidationFile is { } file ? DryRunFileObject.Of(file, last.Validation) : null,
            Examples = run.Stages.Sum(stage => stage.Plan.Examples),
            TokensPerEpoch = only?.Tokens,
            TotalTokens = run.Stages.Sum(stage => stage.Plan.TotalTokens),
            TokensAreEstimated = run.Stages.Any(stage => stage.IsEstimated),
            StepsPerEpoch = only?.StepsPerEpoch,
            TotalSteps = run.Stages.Sum(stage => stage.Plan.TotalSteps),
            Hyperparameters = MethodObject.HyperparametersOf(run.Job),
            Method = MethodObject.Of(run.Job),
            EstimatedSeconds = seconds,
            PeakMemoryBytes = run.EstimatedBytes,
            Cost = CostObject.Of(run.Price, seconds, explained: true),
            Warnings = [.. run.Warnings.Select(warning => new PlanWarningObject(warning.Code, warning.Message, warning.Parameter))],
            Stages = only is null ? [.. run.Stages.Select(DryRunStageObject.Of)] : null,
        };
    }
}
