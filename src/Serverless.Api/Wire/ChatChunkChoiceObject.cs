namespace Serverless.Api.Wire;

/// <summary>What one answer grew by; the last piece of an answer says why it ended.</summary>
internal sealed record ChatChunkChoiceObject(int Index, ChatDeltaObject Delta, string? FinishReason, ChatLogprobsObject? Logprobs);
