namespace Serverless.Api.Wire;

/// <summary>Tokens read and written.</summary>
internal sealed record UsageObject(int PromptTokens, int CompletionTokens)
{
    public int TotalTokens => PromptTokens + CompletionTokens;

    public PromptTokensDetailsObject PromptTokensDetails { get; } = new();

    public CompletionTokensDetailsObject CompletionTokensDetails { get; } = new();
}
