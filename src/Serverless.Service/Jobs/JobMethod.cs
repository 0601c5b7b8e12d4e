using System.Text.Json;

namespace Serverless.Service.Jobs;

/// <summary>The method of a job and the hyper-parameters asked for.</summary>
public sealed record JobMethod
{
    public MethodType Type { get; init; }

    public Hyperparameters Hyperparameters { get; init; } = new();

    /// <summary>Reinforcement and distillation: what grades the answers, as sent.</summary>
    public JsonElement? Grader { get; init; }

    /// <summary>Reinforcement only: how the policy is optimised.</summary>
    public PolicyRequest? Policy { get; init; }

    /// <summary>Reinforcement only: the form that answers have to have, <c>response_format</c> as sent; valid. Null for any text.</summary>
    public JsonElement? ResponseFormat { get; init; }

    /// <summary>Distillation only: whose answers are learned.</summary>
    public DistillationRequest? Distillation { get; init; }

    /// <summary>General text that is read besides, and on which is measured what was forgotten; null for none. Of a recipe, what stages have that name none.</summary>
    public ReplayRequest? Replay { get; init; }
}
