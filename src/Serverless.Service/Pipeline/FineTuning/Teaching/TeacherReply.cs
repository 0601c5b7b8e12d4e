using System.Text.Json;

namespace Serverless.Service.Pipeline.FineTuning.Teaching;

/// <summary>One answer of a teacher.</summary>
/// <param name="Text">The answer; thinking stands before it, between <c>&lt;think&gt;</c> and <c>&lt;/think&gt;</c>.</param>
/// <param name="IsCutOff">Whether it ended because its tokens were used up.</param>
/// <param name="Failure">Why this prompt cannot be answered, for people to read; null if it was.</param>
public sealed record TeacherReply(string Text, bool IsCutOff, string? Failure = null)
{
    /// <summary>The array <c>tool_calls</c> of the answer's message; null without calls.</summary>
    public JsonElement? ToolCalls { get; init; }

    public static TeacherReply Failed(string reason) => new("", false, reason);

    /// <summary>An answer and the thinking before it, as one text.</summary>
    public static string WithThinking(string? thinking, string answer) =>
        string.IsNullOrWhiteSpace(thinking) ? answer : $"<think>\n{thinking.Trim()}\n</think>\n\n{answer.TrimStart()}";
}
