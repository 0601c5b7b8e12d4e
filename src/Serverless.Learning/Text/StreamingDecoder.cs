using System.Text;
using Serverless.Learning.Text.Decoding;

namespace Serverless.Learning.Text;

/// <summary>
/// Decodes one text token by token. A character whose bytes lie in several tokens is held back until its last one, so half a character
/// is never emitted; joined, the parts are what <see cref="Tokenizer.Decode"/> gives for all tokens. Not thread safe.
/// </summary>
public sealed class StreamingDecoder
{
    private readonly Tokenizer _tokenizer;
    private readonly bool _skipSpecial;
    private readonly IReadOnlySet<int>? _written;
    private readonly Decoder _decoder = TokenBytes.Encoding.GetDecoder();
    private int _spacesToStrip;
    private char[] _units = new char[64];

    internal StreamingDecoder(Tokenizer tokenizer, bool skipSpecial, IReadOnlySet<int>? written)
    {
        _tokenizer = tokenizer;
        _skipSpecial = skipSpecial;
        _written = written;
        _spacesToStrip = tokenizer.StrippedSpaces;
    }

    /// <summary>Takes the next token.</summary>
    /// <returns>The characters that are complete with it, often none.</returns>
    public string Append(int id) => Decode(_tokenizer.BytesOf(id, _skipSpecial && !(_written?.Contains(id) ?? false)), flush: false);

    /// <summary>Ends the text.</summary>
    /// <returns>U+FFFD when an unfinished character was held back, otherwise nothing.</returns>
    public string Flush() => Decode([], flush: true);

    private string Decode(ReadOnlySpan<byte> bytes, bool flush)
    {
        while (_spacesToStrip > 0 && !bytes.IsEmpty)
        {
            if (bytes[0] != TokenBytes.Space)
            {
                _spacesToStrip = 0;
                break;
            }
            bytes = bytes[1..];
            _spacesToStrip--;
        }
        // One more character may come out than goes in: what was held back.
        var most = TokenBytes.Encoding.GetMaxCharCount(bytes.Length);
        if (most > _units.Length)
            _units = new char[most];
        var length = _decoder.GetChars(bytes, _units, flush);
        return length == 0 ? string.Empty : new string(_units, 0, length);
    }
}
