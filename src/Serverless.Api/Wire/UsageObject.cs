namespace Serverless.Api.Wire;

/// <summary>Tokens read and written.</summary>
internal sealed record UsageObject
{
    /// <param name="reasoning">How many of the tokens written were thinking.</param>
    public UsageObject(int prompt, int completion, int reasoning)
    {
        (PromptTokens, CompletionTokens) = (prompt, completion);
        CompletionTokensDetails = new CompletionTokensDetailsObject { ReasoningTokens = reasoning };
    }

    public int PromptTokens { get; }

    public int CompletionTokens { get; }

    public int TotalTokens => PromptTokens + CompletionTokens;

    public PromptTokensDetailsObject PromptTokensDetails { get; } = new();

    public CompletionTokensDetailsObject CompletionTokensDetails { get; }
}
