namespace Serverless.Learning.Sampling;

/// <summary>Why an answer ended.</summary>
public enum FinishReason
{
    /// <summary>The model ended it, or a stop text appeared.</summary>
    Stop,

    /// <summary>The limit of tokens, or the model's context, was reached.</summary>
    Length,
}
