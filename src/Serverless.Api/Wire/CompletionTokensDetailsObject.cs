namespace Serverless.Api.Wire;

/// <summary>OpenAI's break-down of an answer's tokens; none of these kinds exists here.</summary>
internal sealed record CompletionTokensDetailsObject
{
    public int ReasoningTokens { get; }

    public int AudioTokens { get; }

    public int AcceptedPredictionTokens { get; }

    public int RejectedPredictionTokens { get; }
}
