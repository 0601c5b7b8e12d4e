namespace Serverless.Api.Wire;

/// <summary>OpenAI's break-down of a prompt's tokens; this service has neither cached nor audio tokens.</summary>
internal sealed record PromptTokensDetailsObject
{
    public int CachedTokens { get; }

    public int AudioTokens { get; }
}
