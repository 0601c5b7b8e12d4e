namespace Serverless.Api.Wire;

/// <summary>A whole answer of a model to a conversation.</summary>
internal sealed record ChatCompletionObject
{
    public string Object { get; } = "chat.completion";

    public required string Id { get; init; }

    public required long Created { get; init; }

    public required string Model { get; init; }

    public required IReadOnlyList<ChatChoiceObject> Choices { get; init; }

    public required UsageObject Usage { get; init; }

    public string ServiceTier { get; } = "default";

    /// <summary>Changes when the weights behind the model's name do.</summary>
    public required string? SystemFingerprint { get; init; }
}
