using Serverless.Learning.Text;

namespace Serverless.Learning.Grading;

/// <summary>
/// Thoughts between one pair of <c>&lt;think&gt;</c> tags, then an answer that is not empty, and no other such tag: the format reward of DeepSeek-R1
/// (section 2.2.2). The thoughts may be empty.
/// </summary>
internal static class ThoughtFormat
{
    public static bool Holds(string text)
    {
        var trimmed = text.AsSpan().Trim();
        return trimmed.StartsWith(Thought.Open, StringComparison.Ordinal)
            && trimmed.Count(Thought.Open) == 1
            && trimmed.Count(Thought.Close) == 1
            && !trimmed.EndsWith(Thought.Close, StringComparison.Ordinal);
    }
}
