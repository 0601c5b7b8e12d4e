using Serverless.Learning.Reinforcement;

namespace Serverless.Service.Jobs;

/// <summary>How a job's owner wants a policy optimised; null means <c>auto</c>.</summary>
public sealed record PolicyRequest
{
    /// <summary>The name of a loss on the wire.</summary>
    public static string NameOf(LossType type) => type switch
    {
        Learning.Reinforcement.LossType.Dapo => "dapo",
        Learning.Reinforcement.LossType.DrGrpo => "dr_grpo",
        _ => "grpo",
    };

    public LossType? LossType { get; init; }

    /// <summary>Multiplies how many answers are drawn to each prompt where <see cref="GroupSize"/> is <c>auto</c>.</summary>
    public double? ComputeMultiplier { get; init; }

    /// <summary>Answers drawn to each prompt.</summary>
    public int? GroupSize { get; init; }

    public double? Temperature { get; init; }

    /// <summary>The most tokens of an answer.</summary>
    public int? MaxAnswerTokens { get; init; }

    /// <summary>The weight of the divergence from the model that the job starts from.</summary>
    public double? Beta { get; init; }

    /// <summary>After how many steps each time the policy becomes its own reference; null for never.</summary>
    public int? ReferenceResetSteps { get; init; }

    public double? EpsilonLow { get; init; }

    public double? EpsilonHigh { get; init; }

    public int? UpdatesPerRollout { get; init; }

    /// <summary>The factor of negative advantages.</summary>
    public double? NegativeWeight { get; init; }

    /// <summary>How often a group without variance is sampled again.</summary>
    public int? Resamples { get; init; }

    /// <summary>Whether answers that were cut off are left out of the loss.</summary>
    public bool? FilterOverlong { get; init; }

    /// <summary>Over how many tokens before the limit a penalty grows.</summary>
    public int? PenaltyTokens { get; init; }

    /// <summary>How many steps apart the validation prompts are answered while the policy trains.</summary>
    public int? EvaluationInterval { get; init; }

    /// <summary>Answers drawn to each of them.</summary>
    public int? EvaluationSamples { get; init; }

    /// <summary>OpenAI's word for how long to think, as it was sent. It changes nothing, which a warning says.</summary>
    public string? ReasoningEffort { get; init; }
}
