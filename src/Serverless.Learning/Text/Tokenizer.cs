using System.Collections.Frozen;
using Serverless.Learning.Text.AddedTokens;
using Serverless.Learning.Text.Bpe;
using Serverless.Learning.Text.Decoding;
using Serverless.Learning.Text.Normalizers;
using Serverless.Learning.Text.PreTokenizers;
using Serverless.Learning.Text.Reading;

namespace Serverless.Learning.Text;

/// <summary>
/// A BPE tokenizer read from a Hugging Face tokenizer.json: byte-level, or SentencePiece-style with byte fallback. It gives the ids that Hugging
/// Face's tokenizers give with <c>add_special_tokens=False</c>; the section <c>post_processor</c> is not applied, because the chat template
/// writes the special tokens. Thread safe.
/// </summary>
public sealed class Tokenizer
{
    private static readonly Func<int, int, bool> Everywhere = static (_, _) => true;
    private static readonly Func<int, int, bool> Nowhere = static (_, _) => false;

    private readonly TokenizerParts _parts;
    private readonly BpeModel _model;
    private readonly AddedTokenFinder _inText;
    private readonly AddedTokenFinder _inNormalizedText;
    private readonly FrozenSet<int> _special;

    private Tokenizer(TokenizerParts parts)
    {
        _parts = parts;
        _model = new BpeModel(parts.Vocabulary);
        // Special tokens are looked for in the text as it is, whatever their flag says: normalised, SentencePiece's <s> would be ▁<s>, which nobody writes.
        var (inText, inNormalizedText) = (parts.AddedTokens.Where(IsFoundInText), parts.AddedTokens.Where(token => !IsFoundInText(token)));
        _inText = new AddedTokenFinder(inText.Select(token => (token.Content, token)));
        _inNormalizedText = new AddedTokenFinder(inNormalizedText.Select(token => (Normalize(token.Content), token)));
        _special = parts.AddedTokens.Where(token => token.Special).Select(token => token.Id).ToFrozenSet();
    }

    /// <summary>The highest id and one: the least number of rows an embedding needs.</summary>
    public int VocabularySize => _parts.TokenBytes.Bytes.Length;

    /// <summary>How many leading spaces of a decoded text are not part of it.</summary>
    internal int StrippedSpaces => _parts.TokenBytes.StrippedSpaces;

    /// <param name="path">A tokenizer.json.</param>
    /// <exception cref="InputError">The file is missing, broken, or asks for something that is not supported; file and field are named.</exception>
    public static Tokenizer Load(string path) => new(TokenizerReader.Read(path));

    /// <summary>Turns text into ids. Lone surrogates count as U+FFFD.</summary>
    /// <param name="parseSpecial">
    /// Whether the text of a special token becomes that token. Without it a user's text never yields a special id; added tokens that are not
    /// special, such as runs of spaces or <c>&lt;think&gt;</c> in some vocabularies, are part of ordinary text and are found either way.
    /// </param>
    public int[] Encode(string text, bool parseSpecial = false) => Encode(text, parseSpecial ? Everywhere : Nowhere);

    /// <summary>
    /// The ids of a text in which special tokens are parsed only where the caller says so; the same characters elsewhere are ordinary text. This is how
    /// the chat encoder keeps a template's tokens apart from what a user types. Added tokens that are not special are parsed everywhere.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="isSpecialAt">Given the start and length, in UTF-16 units, of a special token's characters in the text: whether it is one.</param>
    public int[] Encode(string text, Func<int, int, bool> isSpecialAt)
    {
        var ids = new List<int>(text.Length / 4 + 4);
        text = WellFormedText.Of(text);
        var start = 0;
        while (start < text.Length)
        {
            var token = _inText.Find(text, start, isSpecialAt, out var from, out var to);
            if (from > start)
                EncodeStretch(Normalize(text[start..from]), start == 0, ids);
            if (token is not null)
                ids.Add(token.Id);
            start = to;
        }
        return [.. ids];
    }

    /// <summary>Turns ids into text. Bytes that are not UTF-8 become U+FFFD; ids without a token, which padded models can produce, nothing.</summary>
    /// <param name="skipSpecial">Whether special tokens are left out.</param>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true)
    {
        var length = 0;
        foreach (var id in ids)
            length += BytesOf(id, skipSpecial).Length;
        var bytes = new byte[length];
        var written = 0;
        foreach (var id in ids)
        {
            var part = BytesOf(id, skipSpecial);
            part.CopyTo(bytes.AsSpan(written));
            written += part.Length;
        }
        var stripped = 0;
        while (stripped < StrippedSpaces && stripped < length && bytes[stripped] == TokenBytes.Space)
            stripped++;
        return TokenBytes.Encoding.GetString(bytes, stripped, length - stripped);
    }

    /// <summary>The id of a token as tokenizer.json writes it (such as <c>Ġthe</c> or <c>&lt;|im_end|&gt;</c>), or null.</summary>
    public int? IdOf(string token) => _parts.IdOf.TryGetValue(token, out var id) ? id : null;

    /// <summary>The token as tokenizer.json writes it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No token has this id.</exception>
    public string TokenOf(int id) =>
        (uint)id < (uint)_parts.Tokens.Length && _parts.Tokens[id] is { } token
            ? token
            : throw new ArgumentOutOfRangeException(nameof(id), id, "No token has this id.");

    /// <summary>Whether a token has this id; between the first and the last there may be gaps.</summary>
    public bool HasToken(int id) => (uint)id < (uint)_parts.Tokens.Length && _parts.Tokens[id] is not null;

    /// <summary>Whether the id is that of a special token.</summary>
    public bool IsSpecial(int id) => _special.Contains(id);

    /// <summary>A decoder of one text that arrives token by token.</summary>
    /// <param name="skipSpecial">Whether special tokens are left out.</param>
    /// <param name="written">Special tokens that are not left out all the same.</param>
    public StreamingDecoder NewStreamingDecoder(bool skipSpecial = true, IReadOnlySet<int>? written = null) => new(this, skipSpecial, written);

    /// <summary>The UTF-8 that a token adds to a decoded text.</summary>
    internal ReadOnlySpan<byte> BytesOf(int id, bool skipSpecial)
    {
        var bytes = _parts.TokenBytes.Bytes;
        return (uint)id < (uint)bytes.Length && !(skipSpecial && _special.Contains(id)) ? bytes[id] : [];
    }

    private static bool IsFoundInText(AddedToken token) => token.Special || !token.Normalized;

    private string Normalize(string text) => _parts.Normalizer is { } normalizer ? normalizer.Apply(text, TextGrowth.Limit(text.Length)) : text;

    private void EncodeStretch(string text, bool atStart, List<int> ids)
    {
        var sink = new ModelSink(_model, ids);
        var start = 0;
        while (start < text.Length)
        {
            var token = _inNormalizedText.Find(text, start, Nowhere, out var from, out var to);
            if (from > start)
                Cut(text.AsSpan(start, from - start), atStart && start == 0, sink);
            if (token is not null)
                ids.Add(token.Id);
            start = to;
        }
    }

    private void Cut(ReadOnlySpan<char> text, bool atStart, PieceSink sink)
    {
        if (_parts.PreTokenizer is { } preTokenizer)
            preTokenizer.Split(text, atStart, sink);
        else
            sink.Take(text, atStart);
    }

    private sealed class ModelSink(BpeModel model, List<int> ids) : PieceSink
    {
        internal override void Take(ReadOnlySpan<char> piece, bool atStart) => model.Encode(piece, ids);
    }
}
