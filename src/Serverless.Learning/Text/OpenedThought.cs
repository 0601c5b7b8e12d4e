using Serverless.Learning.Text.Jinja;

namespace Serverless.Learning.Text;

/// <summary>
/// The answer that continues a prompt which has already opened the thinking (<c>&lt;think&gt;</c>), for templates that render an answer in the
/// conversation without its thinking, as that of the DeepSeek-R1 distillations does.
/// </summary>
internal static class OpenedThought
{
    /// <summary>How many characters the end of a prompt and the rendered conversation share; a thinking that only one of them opens is not cut into.</summary>
    public static int SharedLength(ReadOnlySpan<char> prompt, ReadOnlySpan<char> conversation)
    {
        var common = prompt.CommonPrefixLength(conversation);
        var open = prompt.LastIndexOf(Thought.Open, StringComparison.Ordinal);
        return common < prompt.Length && open >= 0 ? Math.Min(common, open) : common;
    }

    /// <summary>The thinking of the message, then the rest as rendered. A message without thinking gets an empty thought, which is closed at once.</summary>
    /// <param name="message">The assistant's message.</param>
    /// <param name="source">Its index.</param>
    /// <param name="opening">What the prompt has and the rendered conversation has not.</param>
    /// <param name="rest">What the rendered conversation has instead: the answer with its end-of-turn token.</param>
    /// <exception cref="InputError">The prompt opens something else.</exception>
    public static MarkedText Continue(ChatMessage message, int source, string opening, MarkedText rest)
    {
        if (opening.Trim() != Thought.Open)
            throw new InputError($"messages[{source}]: the chat template does not render the answer as a continuation of its own prompt; the prompt goes on with "
                + $"\"{opening}\" where the conversation has \"{rest.Value[..Math.Min(rest.Length, 40)]}\"");
        var builder = new MarkedTextBuilder(new RenderBudget(TimeProvider.System));
        var content = message.Content ?? "";
        var close = content.LastIndexOf(Thought.Close, StringComparison.Ordinal);
        if (message.ReasoningContent is { } reasoning)
            builder.Append(MarkedText.From(reasoning, source)).Append($"\n{Thought.Close}\n\n");
        else if (close >= 0)
            builder.Append(MarkedText.From(WithoutOpening(content[..(close + Thought.Close.Length)], opening), source));
        else
            builder.Append($"\n{Thought.Close}\n\n");
        return builder.Append(rest).ToText();
    }

    private static string WithoutOpening(string thought, string opening) =>
        thought.StartsWith(opening, StringComparison.Ordinal) ? thought[opening.Length..]
        : thought.StartsWith(Thought.Open, StringComparison.Ordinal) ? thought[Thought.Open.Length..]
        : thought;
}
