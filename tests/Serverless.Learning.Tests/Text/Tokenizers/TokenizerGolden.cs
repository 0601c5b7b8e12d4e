using System.Collections.Concurrent;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Learning.Text;

namespace Serverless.Learning.Tests.Text.Tokenizers;

/// <summary>The values of tokenizer_golden.mjs: small tokenizers of every family and what Hugging Face's tokenizers make of texts.</summary>
internal static class TokenizerGolden
{
    private static readonly JsonElement Root = Read();
    private static readonly ConcurrentDictionary<string, Tokenizer> Loaded = [];

    public static TheoryData<string> Families => [.. Root.GetProperty("families").EnumerateArray().Select(family => family.GetProperty("name").GetString()!)];

    /// <summary>Texts with what the reference makes of them.</summary>
    public static IEnumerable<Case> CasesOf(string family) => Of(family).GetProperty("cases").EnumerateArray().Select(entry =>
    {
        var text = entry.GetProperty("text").GetString()!;
        var decoded = entry.TryGetProperty("decoded", out var other) ? other.GetString()! : text;
        return new Case(text, entry.GetProperty("ids").Deserialize<int[]>()!, decoded, entry.TryGetProperty("skipped", out var less) ? less.GetString()! : decoded);
    });

    /// <summary>A family's tokenizer, the same one for every test.</summary>
    public static Tokenizer Load(string family) => Loaded.GetOrAdd(family, static family => Load(FileOf(family)));

    /// <summary>The tokenizer.json of a family.</summary>
    public static JsonObject FileOf(string family)
    {
        var entry = Of(family);
        var file = JsonObject.Create(entry.GetProperty("file").Clone())!;
        var vocabulary = Root.GetProperty("vocabularies").GetProperty(entry.GetProperty("vocabulary").GetString()!);
        var model = file["model"]!.AsObject();
        model["type"] = "BPE";
        model["vocab"] = new JsonObject(vocabulary.GetProperty("tokens").EnumerateArray().Index()
            .Select(token => KeyValuePair.Create<string, JsonNode?>(token.Item.GetString()!, token.Index)));
        model["merges"] = JsonArray.Create(vocabulary.GetProperty("merges").Clone());
        return file;
    }

    public static Tokenizer Load(JsonObject file) => Read(file.ToJsonString(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));

    /// <summary>Loads a tokenizer.json by its text.</summary>
    public static Tokenizer Read(string file)
    {
        var folder = Directory.CreateTempSubdirectory("tokenizer-").FullName;
        try
        {
            var path = Path.Combine(folder, "tokenizer.json");
            File.WriteAllText(path, file);
            return Tokenizer.Load(path);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static JsonElement Of(string family) =>
        Root.GetProperty("families").EnumerateArray().Single(entry => entry.GetProperty("name").GetString() == family);

    private static JsonElement Read()
    {
        using var stream = typeof(TokenizerGolden).Assembly.GetManifestResourceStream("tokenizer-golden.json")!;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }

    /// <param name="Decoded">With special tokens as they are written.</param>
    /// <param name="Skipped">Without special tokens.</param>
    internal sealed record Case(string Text, int[] Ids, string Decoded, string Skipped);
}
