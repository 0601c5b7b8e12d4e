using System.Text.Json.Nodes;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Api.Wire;

/// <summary>The answer to <c>POST /v1/fine_tuning/jobs?dry_run=true</c>, which is ours: what the job would be.</summary>
internal sealed record DryRunObject
{
    public string Object { get; } = "fine_tuning.job.dry_run";

    public required string Model { get; init; }

    public required DryRunFileObject TrainingFile { get; init; }

    public DryRunFileObject? ValidationFile { get; init; }

    /// <summary>Examples of the training file.</summary>
    public required int Examples { get; init; }

    public required long TokensPerEpoch { get; init; }

    /// <summary>Tokens of all epochs.</summary>
    public required long TotalTokens { get; init; }

    /// <summary>Whether a file was too long to be counted to its end at once.</summary>
    public required bool TokensAreEstimated { get; init; }

    public required int StepsPerEpoch { get; init; }

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

    public static DryRunObject Of(DryRun run)
    {
        var seconds = Math.Round(run.Plan.EstimatedTime.TotalSeconds, 1);
        return new DryRunObject
        {
            Model = run.Job.Model.Value,
            TrainingFile = DryRunFileObject.Of(run.TrainingFile, run.Training),
            ValidationFile = run.ValidationFile is { } file ? DryRunFileObject.Of(file, run.Validation) : null,
            Examples = run.Plan.Examples,
            TokensPerEpoch = run.Plan.Tokens,
            TotalTokens = run.Plan.TotalTokens,
            TokensAreEstimated = run.IsEstimated,
            StepsPerEpoch = run.Plan.StepsPerEpoch,
            TotalSteps = run.Plan.TotalSteps,
            Hyperparameters = MethodObject.HyperparametersOf(run.Job),
            Method = MethodObject.Of(run.Job),
            EstimatedSeconds = seconds,
            PeakMemoryBytes = run.Plan.EstimatedBytes,
            Cost = CostObject.Of(run.Price, seconds, explained: true),
            Warnings = [.. run.Warnings.Select(warning => new PlanWarningObject(warning.Code, warning.Message, warning.Parameter))],
        };
    }
}
