using System.Collections.Concurrent;
using System.Text.Json;
using Serverless.Learning.Text;

namespace Serverless.Learning.Tests.Text.Tokenizers;

/// <summary>Published vocabularies of tens of thousands of tokens, where the shared folder has them.</summary>
public sealed class SharedVocabularyTests
{
    private const string Absent = "the folder of published vocabularies is not at hand";

    private static readonly ConcurrentDictionary<string, Tokenizer> Loaded = [];

    /// <summary>The vocabularies of the folder; one empty name where there is none.</summary>
    public static TheoryData<string> Names => SharedData.Folder("tokenizers") is { } folder
        ? [.. Directory.EnumerateDirectories(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)]
        : [""];

    [Theory]
    [MemberData(nameof(Names))]
    public void All_vectors_pass_in_both_directions(string name)
    {
        var tokenizer = Load(name);
        using var vectors = JsonDocument.Parse(File.ReadAllBytes(PathOf(name, "vectors.json")));
        Assert.Equal(46, vectors.RootElement.GetArrayLength());
        Assert.Multiple([.. vectors.RootElement.EnumerateArray().Select<JsonElement, Action>(vector => () =>
        {
            var (text, ids) = (vector.GetProperty("text").GetString()!, vector.GetProperty("ids").Deserialize<int[]>()!);
            Assert.Equal(ids, tokenizer.Encode(text));
            Assert.Equal(ids, tokenizer.Encode(text, parseSpecial: true));
            Assert.Equal(text, tokenizer.Decode(ids));
        })]);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Special_tokens_are_one_id_where_they_are_parsed_and_none_where_they_are_text(string name)
    {
        var tokenizer = Load(name);
        foreach (var (id, content) in SpecialTokens(name))
        {
            Assert.True(tokenizer.IsSpecial(id));
            Assert.Equal(id, tokenizer.IdOf(content));
            Assert.Equal([id], tokenizer.Encode(content, parseSpecial: true));
            var between = tokenizer.Encode($"one{content}two", parseSpecial: true);
            Assert.Equal([.. tokenizer.Encode("one"), id], between[..(tokenizer.Encode("one").Length + 1)]);
            Assert.Single(between, tokenizer.IsSpecial);
            Assert.DoesNotContain(tokenizer.Encode($"one{content}two"), tokenizer.IsSpecial);
            Assert.Equal($"one{content}two", tokenizer.Decode(tokenizer.Encode($"one{content}two")));
            Assert.Equal((content, ""), (tokenizer.Decode([id], skipSpecial: false), tokenizer.Decode([id])));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_stream_cut_at_any_token_emits_whole_characters(string name)
    {
        var tokenizer = Load(name);
        using var vectors = JsonDocument.Parse(File.ReadAllBytes(PathOf(name, "vectors.json")));
        foreach (var vector in vectors.RootElement.EnumerateArray())
            Streams.AssertWhole(tokenizer, vector.GetProperty("ids").Deserialize<int[]>()!, vector.GetProperty("text").GetString()!);
    }

    private static (int Id, string Content)[] SpecialTokens(string name)
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(PathOf(name, "tokenizer.json")));
        (int, string)[] tokens = [.. file.RootElement.GetProperty("added_tokens").EnumerateArray()
            .Where(token => token.GetProperty("special").GetBoolean())
            .Select(token => (token.GetProperty("id").GetInt32(), token.GetProperty("content").GetString()!))];
        Assert.NotEmpty(tokens);
        return tokens;
    }

    private static Tokenizer Load(string name)
    {
        Assert.SkipWhen(name.Length == 0, Absent);
        return Loaded.GetOrAdd(name, static name => Tokenizer.Load(PathOf(name, "tokenizer.json")));
    }

    private static string PathOf(string name, string file) => Path.Combine(SharedData.Folder("tokenizers")!, name, file);
}
