namespace Serverless.Learning.Text.ToolCalls;

/// <summary>A piece of an answer: text, thinking, or a call of a tool; exactly one of them.</summary>
public sealed record AnswerPart
{
    /// <summary>Text for the reader.</summary>
    public string? Content { get; init; }

    /// <summary>Text of the thinking before the answer.</summary>
    public string? Reasoning { get; init; }

    public ToolCall? Call { get; init; }
}
