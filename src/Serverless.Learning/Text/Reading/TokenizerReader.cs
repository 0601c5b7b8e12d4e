using System.Collections.Immutable;
using System.Text.Json;
using Serverless.Learning.Text.AddedTokens;

namespace Serverless.Learning.Text.Reading;

/// <summary>Reads a tokenizer.json; each section has a reader of its own.</summary>
internal static class TokenizerReader
{
    // Far beyond any published vocabulary: a lying id must not allocate gigabytes.
    private const int HighestId = 16_000_000;

    /// <exception cref="InputError">The file is missing or broken, or asks for something that is not supported.</exception>
    internal static TokenizerParts Read(string path)
    {
        if (!File.Exists(path))
            throw new InputError($"{path}: not found; a model folder needs a tokenizer.json");
        using var document = Parse(path);
        var root = new TokenizerField(path, "", document.RootElement);
        var model = BpeModelReader.Read(root.Required("model"));
        var added = root.Optional("added_tokens") is { IsNull: false } list ? ReadAddedTokens(list) : [];
        var idOf = new Dictionary<string, int>(model.Ids, StringComparer.Ordinal);
        foreach (var token in added)
            idOf[token.Content] = token.Id;
        var tokens = new string?[idOf.Count == 0 ? 0 : idOf.Values.Max() + 1];
        foreach (var (token, id) in model.Ids)
            tokens[id] = token;
        // An added token that shares an id with one of the model has the last word, as in Hugging Face's tokenizers.
        foreach (var token in added)
            tokens[token.Id] = token.Content;
        var preTokenizer = root.Optional("pre_tokenizer");
        return new TokenizerParts(
            added,
            NormalizerReader.Read(root.Optional("normalizer")),
            PreTokenizerReader.Read(preTokenizer),
            model,
            DecoderReader.Read(root.Optional("decoder"), tokens, added),
            tokens,
            idOf);
    }

    /// <summary>An id, checked to be one that an array can be indexed with.</summary>
    internal static int ReadId(TokenizerField field)
    {
        var id = field.WholeNumber();
        return id is >= 0 and <= HighestId ? id : throw field.NotAllowed($"0 to {HighestId}");
    }

    private static JsonDocument Parse(string path)
    {
        try
        {
            return StrictJson.Parse(File.ReadAllBytes(path));
        }
        catch (JsonException cause)
        {
            // The parser's message ends with the place, counted from 0.
            var finding = cause.Message.Split(" LineNumber:")[0];
            throw new InputError($"{path}: not JSON at line {cause.LineNumber + 1}, byte {cause.BytePositionInLine + 1}: {finding}", innerException: cause);
        }
    }

    private static ImmutableArray<AddedToken> ReadAddedTokens(TokenizerField list)
    {
        var tokens = ImmutableArray.CreateBuilder<AddedToken>();
        foreach (var item in list.Items())
        {
            var content = item.Required("content");
            var special = item.Optional("special").Flag(whenAbsent: false);
            tokens.Add(new AddedToken(
                ReadId(item.Required("id")),
                content.Text() is { Length: > 0 } text ? text : throw content.NotAllowed("at least one character"),
                item.Optional("single_word").Flag(whenAbsent: false),
                item.Optional("lstrip").Flag(whenAbsent: false),
                item.Optional("rstrip").Flag(whenAbsent: false),
                item.Optional("normalized").Flag(whenAbsent: !special),
                special));
        }
        return tokens.ToImmutable();
    }
}
