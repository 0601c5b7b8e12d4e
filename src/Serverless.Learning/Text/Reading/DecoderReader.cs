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
    private readonly List<(string Pattern, string Content, string Place)> _replacements = [];
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
        foreach (var step in section.IsNull ? throw section.Error("missing") : section.Steps("decoders"))
            reader.ReadStep(step);
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
                _replacements.Add((PreTokenizerReader.ReadMark(step).ToString(), " ", step.Place));
                _strippedSpaces = PreTokenizerReader.ReadScheme(step) == PrependScheme.Never ? 0 : 1;
                break;
            case "Replace":
                var pattern = step.Required("pattern").Required("String");
                _replacements.Add((pattern.Text() is { Length: > 0 } text ? text : throw pattern.NotAllowed("at least one character"), step.Required("content").Text(), step.Place));
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
        var most = TextGrowth.Limit(token.Length);
        foreach (var (pattern, content, place) in _replacements)
            token = Replaced(token, pattern, content, most) ?? throw TextGrowth.Error(place);
        return TokenBytes.Encoding.GetBytes(token);
    }

    /// <summary>The token with the content in the place of every pattern; null if that is longer than <paramref name="most"/>.</summary>
    private static string? Replaced(string token, string pattern, string content, long most)
    {
        if (token.Length + token.AsSpan().Count(pattern) * ((long)content.Length - pattern.Length) > most)
            return null;
        return token.Replace(pattern, content, StringComparison.Ordinal);
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
