using System.Text.Json;
using System.Text.Json.Serialization;

namespace Serverless.Service.Pipeline.FineTuning.Teaching;

/// <summary>A teacher's answer as it is kept: what it was worth, and what it takes to learn from it.</summary>
public sealed record TaughtAnswer
{
    /// <summary>The line of the training file that the prompt stands in.</summary>
    public required int Line { get; init; }

    /// <summary>Which of the answers to this prompt it is, from 0.</summary>
    public required int Sample { get; init; }

    public required string Answer { get; init; }

    /// <summary>The array <c>tool_calls</c> of the answer's message; null without calls.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? ToolCalls { get; init; }

    public required AnswerFate Fate { get; init; }

    /// <summary>What the grader gave; null if it was not graded.</summary>
    public double? Reward { get; init; }

    /// <summary>Why it was not answered or could not be graded.</summary>
    public string? Fault { get; init; }

    /// <summary>The sequences that the student learns it as; 0 if it does not.</summary>
    public int Sequences { get; init; }

    /// <summary>Their tokens, the prompt's included.</summary>
    public int Tokens { get; init; }

    /// <summary>Those of the longest one.</summary>
    public int LongestTokens { get; init; }

    [JsonIgnore]
    public bool IsKept => Fate == AnswerFate.Kept;
}
