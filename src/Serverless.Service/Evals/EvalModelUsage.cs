namespace Serverless.Service.Evals;

/// <summary>What a run has used of one model.</summary>
public sealed record EvalModelUsage(string Model, int Invocations, long PromptTokens, long CompletionTokens);
