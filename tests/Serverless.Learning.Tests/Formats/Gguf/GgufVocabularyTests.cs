using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Learning.Formats.Gguf;
using Serverless.Tests;
using TorchSharp;
using static Serverless.Learning.Tests.Formats.Gguf.RawGguf;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Formats.Gguf;

/// <summary>
/// Vocabulary, merges, special tokens and chat template in the words of GGUF's specification (docs/gguf.md of ggml, "Tokenizer"), read without
/// the product's reader.
/// </summary>
public sealed class GgufVocabularyTests : IDisposable
{
    // The specification's token types.
    private const int Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6;

    private readonly TemporaryFolder folder = new();
    private readonly DisposeScope scope;

    public GgufVocabularyTests()
    {
        TinyModel.Write(folder["model"]);
        scope = NewDisposeScope();
        GgufFamily.Write(folder["model"], "qwen2", config => config["vocab_size"] = 304);
    }

    [Fact]
    public void A_byte_level_vocabulary_is_there_with_its_merges_and_a_token_for_every_row()
    {
        Edit("tokenizer.json", tokenizer => tokenizer["added_tokens"]!.AsArray().Add(Added(300, "  ", special: false)));
        var source = JsonNode.Parse(File.ReadAllText(Path.Combine(folder["model"], "tokenizer.json")))!;

        var file = Export();

        Assert.Equal((OfText, (object)"gpt2"), file.Pairs["tokenizer.ggml.model"]);
        Assert.Equal((OfText, (object)"qwen2"), file.Pairs["tokenizer.ggml.pre"]); // the splitting rule of the tiny model is Qwen2's
        var tokens = Items<string>(file, "tokenizer.ggml.tokens");
        Assert.Equal(304, tokens.Length);
        Assert.All(source["model"]!["vocab"]!.AsObject(), entry => Assert.Equal(entry.Key, tokens[entry.Value!.GetValue<int>()]));
        Assert.Equal(["<|endoftext|>", "<|im_start|>", "<|im_end|>"], tokens[..3]);
        Assert.Equal("  ", tokens[300]);
        var known = source["model"]!["vocab"]!.AsObject().Select(entry => entry.Value!.GetValue<int>()).ToHashSet();
        Assert.Equal(
            Enumerable.Range(0, 304).Select(id => id < 3 ? Control : id == 300 ? UserDefined : known.Contains(id) ? Normal : Unused), Items<int>(file, "tokenizer.ggml.token_type"));
        var merges = source["model"]!["merges"]!.AsArray().Select(merge => merge!.GetValue<string>()).ToArray();
        Assert.NotEmpty(merges);
        Assert.Equal(merges, Items<string>(file, "tokenizer.ggml.merges"));
        Assert.False(file.Pairs.ContainsKey("tokenizer.ggml.scores"));
    }

    [Fact]
    public void Merges_of_pairs_are_joined_by_a_space()
    {
        Edit("tokenizer.json", tokenizer =>
        {
            var merges = tokenizer["model"]!["merges"]!.AsArray();
            tokenizer["model"]!["merges"] = new JsonArray([.. merges.Select(merge => new JsonArray([.. merge!.GetValue<string>().Split(' ').Select(part => (JsonNode)part)]))]);
        });
        var pairs = JsonNode.Parse(File.ReadAllText(Path.Combine(folder["model"], "tokenizer.json")))!["model"]!["merges"]!.AsArray();
        Assert.Equal(pairs.Select(pair => $"{pair![0]} {pair[1]}"), Items<string>(Export(), "tokenizer.ggml.merges"));
    }

    [Fact]
    public void Special_tokens_are_ids_and_what_the_tokenizer_does_not_name_has_no_key()
    {
        Edit("tokenizer_config.json", settings =>
        {
            settings["bos_token"] = null;
            settings["eos_token"] = "<|im_end|>";
            settings["pad_token"] = new JsonObject { ["content"] = "<|endoftext|>" };
        });
        var file = Export();
        Assert.Equal((OfUInt32, (object)2u), file.Pairs["tokenizer.ggml.eos_token_id"]);
        Assert.Equal((OfUInt32, (object)0u), file.Pairs["tokenizer.ggml.padding_token_id"]);
        Assert.False(file.Pairs.ContainsKey("tokenizer.ggml.bos_token_id") || file.Pairs.ContainsKey("tokenizer.ggml.unknown_token_id"));
        Assert.Equal((OfBool, (object)false), file.Pairs["tokenizer.ggml.add_bos_token"]);
        Assert.Equal((OfBool, (object)false), file.Pairs["tokenizer.ggml.add_eos_token"]);
    }

    [Fact]
    public void Where_the_tokenizer_is_silent_the_configuration_says_the_ids()
    {
        GgufFamily.Write(folder["model"], "qwen2", config => (config["bos_token_id"], config["eos_token_id"]) = (1, new JsonArray(2, 0)));
        Edit("tokenizer_config.json", settings => settings["bos_token"] = settings["eos_token"] = null);
        var file = Export();
        Assert.Equal((OfUInt32, (object)1u), file.Pairs["tokenizer.ggml.bos_token_id"]);
        Assert.Equal((OfUInt32, (object)2u), file.Pairs["tokenizer.ggml.eos_token_id"]);
    }

    [Theory]
    [InlineData("post-processor", true)]
    [InlineData("settings", true)]
    [InlineData("settings", false)]
    public void Whether_a_text_begins_with_the_first_token_is_what_the_tokenizer_does(string where, bool adds)
    {
        Edit("tokenizer_config.json", settings =>
        {
            settings["bos_token"] = "<|im_start|>";
            if (where == "settings") settings["add_bos_token"] = adds;
        });
        // The settings win: they say what the tokenizer of transformers does.
        Edit("tokenizer.json", tokenizer => tokenizer["post_processor"] = JsonNode.Parse("""
            {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<|im_start|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
             "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
             "special_tokens": {"<|im_start|>": {"id": "<|im_start|>", "ids": [1], "tokens": ["<|im_start|>"]}}}
            """));
        var file = Export();
        Assert.Equal((OfUInt32, (object)1u), file.Pairs["tokenizer.ggml.bos_token_id"]);
        Assert.Equal((OfBool, (object)adds), file.Pairs["tokenizer.ggml.add_bos_token"]);
        Assert.Equal((OfBool, (object)false), file.Pairs["tokenizer.ggml.add_eos_token"]);
    }

    [Fact]
    public void The_chat_template_is_there_letter_by_letter_and_so_are_others_by_name()
    {
        const string Template = "{%- for m in messages %}{{ m.content + '\n\u00e9' }}{%- endfor %}\n";
        Edit("tokenizer_config.json", settings => settings["chat_template"] = Template);
        Assert.Equal((OfText, (object)Template), Export().Pairs["tokenizer.chat_template"]);

        Edit("tokenizer_config.json", settings => settings["chat_template"] = new JsonArray(
            new JsonObject { ["name"] = "default", ["template"] = "a" }, new JsonObject { ["name"] = "tool_use", ["template"] = "b" }));
        var named = Export();
        Assert.Equal(("a", "b"), ((string)named.Pairs["tokenizer.chat_template"].Value, (string)named.Pairs["tokenizer.chat_template.tool_use"].Value));
        Assert.Equal(["tool_use"], Items<string>(named, "tokenizer.chat_templates"));

        File.WriteAllText(Path.Combine(folder["model"], "chat_template.jinja"), "of the file\n");
        Assert.Equal("of the file\n", Export().Pairs["tokenizer.chat_template"].Value);
    }

    [Theory]
    [InlineData("""{"type": "Prepend", "prepend": "\u2581"}""", true)]
    [InlineData("""{"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}""", false)]
    public void A_vocabulary_of_SentencePieces_has_scores_byte_tokens_and_one_for_the_unknown(string normalizer, bool prepends)
    {
        GgufFamily.Write(folder["model"], "llama", config => config["vocab_size"] = 264);
        string[] tokens = ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"), "\u2581", "a", "\u2581a", "b"];
        File.WriteAllText(Path.Combine(folder["model"], "tokenizer.json"), new JsonObject
        {
            ["added_tokens"] = new JsonArray(Added(0, "<unk>", special: true), Added(1, "<s>", special: true), Added(2, "</s>", special: true), Added(263, "\u2581\u2581b", special: false)),
            ["normalizer"] = JsonNode.Parse(normalizer),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE", ["unk_token"] = "<unk>", ["byte_fallback"] = true, ["merges"] = new JsonArray("\u2581 a", "a b"),
                ["vocab"] = JsonSerializer.SerializeToNode(tokens.Select((token, id) => (token, id)).ToDictionary(entry => entry.token, entry => entry.id)),
            },
        }.ToJsonString());
        Edit("tokenizer_config.json", settings =>
        {
            (settings["bos_token"], settings["eos_token"], settings["unk_token"], settings["pad_token"]) = ("<s>", "</s>", "<unk>", null);
            settings["add_bos_token"] = true;
        });

        var file = Export();

        Assert.Equal((OfText, (object)"llama"), file.Pairs["tokenizer.ggml.model"]);
        Assert.Equal([.. tokens, "  b"], Items<string>(file, "tokenizer.ggml.tokens"));
        Assert.Equal(
            [Unknown, Control, Control, .. Enumerable.Repeat(Byte, 256), Normal, Normal, Normal, Normal, UserDefined], Items<int>(file, "tokenizer.ggml.token_type"));
        var scores = Items<float>(file, "tokenizer.ggml.scores");
        Assert.Equal(0, scores[Array.IndexOf(tokens, "\u2581a")]); // the first merge comes first: it scores highest
        Assert.All(tokens.Index().Where(token => token.Item != "\u2581a"), token => Assert.True(scores[token.Index] < 0));
        Assert.False(file.Pairs.ContainsKey("tokenizer.ggml.merges"));
        Assert.Equal((OfBool, (object)prepends), file.Pairs["tokenizer.ggml.add_space_prefix"]);
        Assert.Equal(
            (1u, 2u, 0u, true),
            ((uint)file.Pairs["tokenizer.ggml.bos_token_id"].Value, (uint)file.Pairs["tokenizer.ggml.eos_token_id"].Value, (uint)file.Pairs["tokenizer.ggml.unknown_token_id"].Value,
                (bool)file.Pairs["tokenizer.ggml.add_bos_token"].Value));
        Assert.False(file.Pairs.ContainsKey("tokenizer.ggml.padding_token_id"));
    }

    [Theory]
    [InlineData("gpt-2", "gpt-2", 50257, 50000)]
    [InlineData("qwen2", "qwen2", 151646, 151387)]
    public void A_published_vocabulary_is_there_whole(string name, string pre, int size, int merges)
    {
        var shared = SharedData.Folder("tokenizers");
        Assert.SkipWhen(shared is null, "the published tokenizers are not at hand");
        File.Copy(Path.Combine(shared, name, "tokenizer.json"), Path.Combine(folder["model"], "tokenizer.json"), overwrite: true);
        GgufFamily.Write(folder["model"], "qwen2", config => config["vocab_size"] = size);
        var source = JsonNode.Parse(File.ReadAllText(Path.Combine(folder["model"], "tokenizer.json")))!["model"]!["vocab"]!.AsObject();

        var file = Export();

        Assert.Equal(pre, file.Pairs["tokenizer.ggml.pre"].Value);
        var tokens = Items<string>(file, "tokenizer.ggml.tokens");
        Assert.All(source, entry => Assert.Equal(entry.Key, tokens[entry.Value!.GetValue<int>()]));
        Assert.Equal((size, merges), (tokens.Length, Items<string>(file, "tokenizer.ggml.merges").Length));
    }

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }

    private RawGguf Export()
    {
        GgufExport.Write(folder["model"], folder["model.gguf"], GgufType.F16);
        var raw = Read(folder["model.gguf"]);
        // The product's reader finds the same.
        using var file = GgufFile.Open(folder["model.gguf"]);
        Assert.Equal(raw.Pairs.Keys.Order(StringComparer.Ordinal), file.Metadata.Keys.Order(StringComparer.Ordinal));
        foreach (var (key, (_, value)) in raw.Pairs)
            Assert.Equal(value is object[] items ? items : [value], file.Metadata[key] is Array found ? found.Cast<object>() : [file.Metadata[key]]);
        return raw;
    }

    private void Edit(string name, Action<JsonNode> change)
    {
        var path = Path.Combine(folder["model"], name);
        var json = JsonNode.Parse(File.ReadAllText(path))!;
        change(json);
        File.WriteAllText(path, json.ToJsonString());
    }

    private static T[] Items<T>(RawGguf file, string key) => [.. ((object[])file.Pairs[key].Value).Cast<T>()];

    private static JsonObject Added(int id, string content, bool special) => new()
    {
        ["id"] = id, ["content"] = content, ["special"] = special, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false,
    };
}
