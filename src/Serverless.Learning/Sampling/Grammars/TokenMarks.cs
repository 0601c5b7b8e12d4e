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

    public static byte[] OfSpecial(int id) => [Special, (byte)(id >> 16), (byte)(id >> 8), (byte)id];
}
