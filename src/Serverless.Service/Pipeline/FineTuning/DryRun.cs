using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>What a job would be, found without starting it.</summary>
public sealed record DryRun
{
    /// <summary>The job that would be created, its hyper-parameters resolved. No such job exists.</summary>
    public required JobRecord Job { get; init; }

    /// <summary>One for each stage of a recipe; of any other method one alone.</summary>
    public required IReadOnlyList<DryRunStage> Stages { get; init; }

    /// <summary>From the first step to the last.</summary>
    public required TimeSpan EstimatedTime { get; init; }

    /// <summary>The memory that training is expected to take, in bytes.</summary>
    public required long EstimatedBytes { get; init; }

    public required JobPrice Price { get; init; }

    public required IReadOnlyList<PlanWarning> Warnings { get; init; }
}
