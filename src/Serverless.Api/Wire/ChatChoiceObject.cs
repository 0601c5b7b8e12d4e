namespace Serverless.Api.Wire;

/// <summary>One of the answers that were asked for.</summary>
/// <param name="FinishReason">stop (the model ended or a stop text came) or length.</param>
internal sealed record ChatChoiceObject(int Index, ChatAnswerObject Message, string FinishReason)
{
    /// <summary>Log probabilities are not offered yet.</summary>
    public object? Logprobs { get; }
}
