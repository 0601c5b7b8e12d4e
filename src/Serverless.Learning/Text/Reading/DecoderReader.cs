using System.Collections.Immutable;
using System.Globalization;
using Serverless.Learning.Text.AddedTokens;
using Serverless.Learning.Text.Bpe;
using Serverless.Learning.Text.Decoding;
using Serverless.Learning.Text.PreTokenizers;

namespace Serverless.Learning.Text.Reading;

/// <summary>Reads the section <c>decoder</c> of a tokenizer.json into the bytes of each token.</summary>
internal sealed class DecoderReader
{
    private readonly List<(string Pattern, string Content)> _replacements = [];
    private bool _byteLevel;
    private bool _byteFallback;
    private int _strippedSpaces;

    private DecoderReader()
    {
    }

    /// <param name="tokens">Indexed by id; null where no token has the id.</param>
    internal static TokenBytes Read(TokenizerField section, string?[] tokens, ImmutableArray<AddedToken> added)
    {
        var reader = new DecoderReader();
        // Without a decoder there is no telling how tokens are written; every published BPE tokenizer has one.
        reader.ReadStep(section.IsNull ? throw section.Error("missing") : section);
        var bytes = new byte[]?[tokens.Length];
        for (var id = 0; id < tokens.Length; id++)
            bytes[id] = tokens[id] is { } token ? reader.BytesOf(token) : null;
        // Added tokens are written as they are, not in the byte alphabet.
        if (reader._byteLevel)
        {
            foreach (var token in added)
                bytes[token.Id] = TokenBytes.Encoding.GetBytes(token.Content);
        }
        return new TokenBytes(bytes, reader._strippedSpaces);
    }

    private void ReadStep(TokenizerField step)
    {
        switch (step.Type)
        {
            case "ByteLevel":
                _byteLevel = true;
                break;
            case "ByteFallback":
                _byteFallback = true;
                break;
            case "Fuse":
                break;
            case "Metaspace":
                _replacements.Add((PreTokenizerReader.ReadMark(step).ToString(), " "));
                _strippedSpaces = PreTokenizerReader.ReadScheme(step) == PrependScheme.Never ? 0 : 1;
                break;
            case "Replace":
                _replacements.Add((step.Required("pattern").Required("String").Text(), step.Required("content").Text()));
                break;
            case "Sequence":
                foreach (var inner in step.Required("decoders").Items())
                    ReadStep(inner);
                break;
            case "Strip":
                ReadStrip(step);
                break;
            default:
                throw step.Required("type").NotAllowed("ByteFallback, ByteLevel, Fuse, Metaspace, Replace, Sequence, Strip");
        }
    }

    private void ReadStrip(TokenizerField step)
    {
        var content = step.Required("content");
        if (content.Text() != " ")
            throw content.NotAllowed("\" \"");
        var stop = step.Required("stop");
        if (stop.WholeNumber() != 0)
            throw stop.NotAllowed("0");
        _strippedSpaces = step.Required("start").WholeNumber();
    }

    private byte[] BytesOf(string token)
    {
        if (_byteLevel)
            return ByteLevelBytesOf(token);
        if (_byteFallback && token is ['<', '0', 'x', _, _, '>']
            && byte.TryParse(token.AsSpan(3, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var value))
            return [value];
        foreach (var (pattern, content) in _replacements)
            token = token.Replace(pattern, content, StringComparison.Ordinal);
        return TokenBytes.Encoding.GetBytes(token);
    }

    private static byte[] ByteLevelBytesOf(string token)
    {
        var bytes = new byte[token.Length];
        for (var i = 0; i < token.Length; i++)
        {
            var value = ByteAlphabet.ByteOf(token[i]);
            // A token outside the alphabet stands for its own text.
            if (value < 0)
                return TokenBytes.Encoding.GetBytes(token);
            bytes[i] = (byte)value;
        }
        return bytes;
    }
}
