namespace Serverless.Api.Wire;

/// <summary>What one answer grew by; the last piece of an answer says why it ended.</summary>
internal sealed record ChatChunkChoiceObject(int Index, ChatDeltaObject Delta, string? FinishReason)
{
    /// <summary>Log probabilities are not offered yet.</summary>
    public object? Logprobs { get; }
}
