namespace Serverless.Api.Wire;

/// <summary>Tokens read and written.</summary>
internal sealed record UsageObject
{
    /// <param name="cached">How many of the prompt's tokens had been read before.</param>
    /// <param name="reasoning">How many of the tokens written were thinking.</param>
    public UsageObject(int prompt, int cached, int completion, int reasoning)
    {
        (PromptTokens, CompletionTokens) = (prompt, completion);
        PromptTokensDetails = new PromptTokensDetailsObject { CachedTokens = cached };
        CompletionTokensDetails = new CompletionTokensDetailsObject { ReasoningTokens = reasoning };
    }

    public int PromptTokens { get; }

    public int CompletionTokens { get; }

    public int TotalTokens => PromptTokens + CompletionTokens;

    public PromptTokensDetailsObject PromptTokensDetails { get; }

    public CompletionTokensDetailsObject CompletionTokensDetails { get; }
}
