using Serverless.Learning.Data;
using Serverless.Service.Files;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>What a job, or one stage of a recipe, would be.</summary>
public sealed record DryRunStage
{
    /// <summary>The job as if this stage were all of it, its hyper-parameters resolved.</summary>
    public required JobRecord Job { get; init; }

    public required JobPlan Plan { get; init; }

    public required FileRecord TrainingFile { get; init; }

    /// <summary>What was counted in it.</summary>
    public required DatasetScan Training { get; init; }

    public FileRecord? ValidationFile { get; init; }

    /// <summary>What was counted in it; the start of a count without a validation file.</summary>
    public required DatasetScan Validation { get; init; }

    /// <summary>Whether a file was too long to be counted in the time there is, and its rest was estimated from what was read.</summary>
    public required bool IsEstimated { get; init; }
}
