namespace Serverless.Api.Wire;

/// <summary>OpenAI's break-down of an answer's tokens; of these kinds, only thinking exists here.</summary>
internal sealed record CompletionTokensDetailsObject
{
    public int ReasoningTokens { get; init; }

    public int AudioTokens { get; }

    public int AcceptedPredictionTokens { get; }

    public int RejectedPredictionTokens { get; }
}
