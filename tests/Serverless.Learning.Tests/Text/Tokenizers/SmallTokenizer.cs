using System.Text.Json.Nodes;
using Serverless.Learning.Text;

namespace Serverless.Learning.Tests.Text.Tokenizers;

/// <summary>A tokenizer.json of a handful of tokens that a test then changes: <c>a b c ab abc</c> and <c>▁</c>, written as they are.</summary>
internal static class SmallTokenizer
{
    private const string File = """
        {
          "added_tokens": [{"id": 7, "content": "<s>", "special": true}],
          "normalizer": null,
          "pre_tokenizer": null,
          "decoder": {"type": "Fuse"},
          "model": {
            "type": "BPE",
            "vocab": {"a": 0, "b": 1, "c": 2, "ab": 3, "abc": 4, "▁": 5, "<unk>": 6},
            "merges": ["a b", "ab c"]
          }
        }
        """;

    /// <summary>The tokenizer with one value replaced; the value null takes the field away.</summary>
    /// <param name="path">Names of fields with points between them, such as <c>model.vocab</c>.</param>
    /// <param name="json">The new value.</param>
    public static Tokenizer With(string path, string? json)
    {
        var file = JsonNode.Parse(File)!;
        string[] names = path.Split('.');
        var owner = names[..^1].Aggregate(file, (node, name) => node[name]!).AsObject();
        if (json is null)
            owner.Remove(names[^1]);
        else
            owner[names[^1]] = JsonNode.Parse(json);
        return TokenizerGolden.Load(file.AsObject());
    }
}
