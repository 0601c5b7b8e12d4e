namespace Serverless.Api.Wire;

/// <summary>One of the answers that were asked for, or what it grew by.</summary>
/// <param name="FinishReason">stop (the model ended or a stop text came) or length; null while the answer grows.</param>
internal sealed record CompletionChoiceObject(string Text, int Index, CompletionLogprobsObject? Logprobs, string? FinishReason);
