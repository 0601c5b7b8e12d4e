namespace Serverless.Learning.Text;

/// <summary>
/// The thinking of an answer, between <c>&lt;think&gt;</c> and <c>&lt;/think&gt;</c>, and the answer as it is read. Where a template has opened the thinking in
/// the prompt, what the model writes begins in the middle of it: graders and people read it with the opening, and whether an answer is right is
/// asked of what follows the thinking.
/// </summary>
public static class Thought
{
    internal const string Open = "<think>", Close = "</think>";

    /// <summary>What was generated, with the opening that its prompt has written; as it is where the prompt opens no thinking.</summary>
    /// <param name="encoder">That of the prompt.</param>
    /// <param name="prompt">The prompt's tokens, shape [T].</param>
    /// <param name="generated">The text of the tokens behind it.</param>
    public static string Whole(ChatEncoder encoder, ReadOnlySpan<int> prompt, string generated) => encoder.OpeningOf(prompt) + generated;

    /// <summary>What follows the last thinking; the whole text if it has none, or if that does not end.</summary>
    public static string Without(string text)
    {
        var end = text.LastIndexOf(Close, StringComparison.Ordinal);
        return end < 0 ? text : text[(end + Close.Length)..];
    }

    /// <summary>Whether a text begins with thinking.</summary>
    public static bool LeadsIn(string text) => text.AsSpan().TrimStart().StartsWith(Open, StringComparison.Ordinal);
}
