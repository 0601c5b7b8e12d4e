namespace Serverless.Api.Wire;

/// <summary>One of the answers that were asked for.</summary>
/// <param name="FinishReason">stop (the model ended or a stop text came), length or tool_calls.</param>
internal sealed record ChatChoiceObject(int Index, ChatAnswerObject Message, string FinishReason, ChatLogprobsObject? Logprobs);
