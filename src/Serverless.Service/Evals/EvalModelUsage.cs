namespace Serverless.Service.Evals;

/// <summary>What a run has used of one model.</summary>
public sealed record EvalModelUsage(string Model, int Invocations, long PromptTokens, long CompletionTokens)
{
    /// <summary>Those of the prompts' tokens that had been read before, for prompts that began alike.</summary>
    public long CachedTokens { get; init; }
}
