using System.Text;
using Serverless.Learning.Formats;
using Serverless.Learning.Text;

namespace Serverless.Learning.Sampling.Grammars;

/// <summary>
/// How tokens appear in grammars over bytes: ordinary ones as the bytes they add to a text, special ones as a mark that no text contains: 0xFF,
/// which never appears in UTF-8 (RFC 3629, section 1), and the id in three bytes. So a text that spells a special token is not the token.
/// </summary>
internal static class TokenMarks
{
    private const byte Special = 0xFF;

    /// <summary>What a grammar reads when the token comes; empty for ordinary tokens that add nothing, or that byte, which no text can hold.</summary>
    public static ReadOnlySpan<byte> Of(Tokenizer tokenizer, int id)
    {
        if (tokenizer.IsSpecial(id))
            return OfSpecial(id);
        var bytes = tokenizer.BytesOf(id, skipSpecial: true);
        return bytes.Contains(Special) ? [] : bytes;
    }

    /// <summary>What a grammar reads when a text of a chat template's comes, in which special tokens are the tokens themselves.</summary>
    /// <exception cref="InputError">The vocabulary cannot write the text.</exception>
    public static byte[] OfText(Tokenizer tokenizer, string text)
    {
        var marks = new List<byte>();
        var at = 0;
        foreach (var id in tokenizer.Encode(text, parseSpecial: true).Where(tokenizer.IsSpecial))
        {
            var token = tokenizer.TokenOf(id);
            var found = text.IndexOf(token, at, StringComparison.Ordinal);
            // Not its own: a token that stands for what the vocabulary does not know.
            if (found < 0)
                throw new InputError($"tools: the chat template writes {Quoted.Name(text)} around calls, in which the vocabulary reads {Quoted.Name(token)}; allowed: text that it can write", "tools");
            marks.AddRange(Encoding.UTF8.GetBytes(text[at..found]));
            marks.AddRange(OfSpecial(id));
            at = found + token.Length;
        }
        marks.AddRange(Encoding.UTF8.GetBytes(text[at..]));
        return [.. marks];
    }

    public static byte[] OfSpecial(int id) => [Special, (byte)(id >> 16), (byte)(id >> 8), (byte)id];
}
