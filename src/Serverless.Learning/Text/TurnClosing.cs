using Serverless.Learning.Text.Jinja;

namespace Serverless.Learning.Text;

/// <summary>What a template writes after an assistant's text to end the turn, such as <c>&lt;|im_end|&gt;</c>; found by rendering a short conversation.</summary>
/// <param name="Text">The characters up to the end of the end-of-turn token; null if the template refuses even that conversation.</param>
/// <param name="TokenId">The end-of-turn token, or null if the template writes no special token there.</param>
internal sealed record TurnClosing(string? Text, int? TokenId)
{
    /// <summary>Renders a turn at the end of a conversation and before another message; what follows the turn's text in both ends the turn.</summary>
    public static TurnClosing Probe(Tokenizer tokenizer, ChatTemplate template)
    {
        ChatMessage[] turn = [new() { Role = "user", Content = "a" }, new() { Role = "assistant", Content = "b" }];
        try
        {
            var ending = EncodedText.Encode(tokenizer, template.RenderMarked(turn, addGenerationPrompt: false, tools: null));
            var going = template.RenderMarked([.. turn, new ChatMessage { Role = "user", Content = "c" }], addGenerationPrompt: false, tools: null);
            if (ending.EndOfMessage(1) is not { } start)
                return new TurnClosing(null, null);
            var end = EndOf(ending, start, going, 1);
            return new TurnClosing(ending.Text.Value[start..end], ending.SpecialEndingAt(end));
        }
        catch (InputError)
        {
            // A template with demands of its own: each conversation is compared by itself, see EndOf.
            return new TurnClosing(null, null);
        }
    }

    /// <summary>
    /// The end of a turn whose text ends at a character: the end of the last special token that follows it in another rendering as well, in which
    /// something else, or nothing, comes after the turn; the end of what both have in common if that holds no special token.
    /// </summary>
    public static int EndOf(EncodedText text, int textEnd, MarkedText other, int turn)
    {
        var tail = text.Text.Value.AsSpan(textEnd);
        var common = EncodedText.EndOfMessage(other, turn) is { } end ? tail.CommonPrefixLength(other.Value.AsSpan(end)) : 0;
        return text.LastSpecialEnd(textEnd, textEnd + common) ?? textEnd + common;
    }
}
