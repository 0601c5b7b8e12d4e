namespace Serverless.Api.Wire;

/// <summary>OpenAI's break-down of a prompt's tokens; this service has no audio tokens.</summary>
internal sealed record PromptTokensDetailsObject
{
    /// <summary>Those at the beginning that had been read before, for a prompt that began alike.</summary>
    public int CachedTokens { get; init; }

    public int AudioTokens { get; }
}
