namespace Serverless.Learning.Grading;

/// <summary>
/// Thoughts between one pair of <c>&lt;think&gt;</c> tags, then an answer that is not empty, and no other such tag: the format reward of DeepSeek-R1
/// (section 2.2.2). The thoughts may be empty.
/// </summary>
internal static class ThoughtFormat
{
    private const string Open = "<think>", Close = "</think>";

    public static bool Holds(string text)
    {
        var trimmed = text.AsSpan().Trim();
        return trimmed.StartsWith(Open, StringComparison.Ordinal)
            && trimmed.Count(Open) == 1
            && trimmed.Count(Close) == 1
            && !trimmed.EndsWith(Close, StringComparison.Ordinal);
    }

    /// <summary>What follows the thoughts, or the whole text if it has none.</summary>
    public static string Answer(string text)
    {
        var end = text.LastIndexOf(Close, StringComparison.Ordinal);
        return end < 0 ? text : text[(end + Close.Length)..];
    }
}
