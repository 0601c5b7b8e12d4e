using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Serverless.Learning.Data;
using Serverless.Learning.Tests.Text.Templates;
using Serverless.Learning.Tests.Text.Tokenizers;
using Serverless.Learning.Text;

namespace Serverless.Learning.Tests.Text.ChatEncoding;

/// <summary>A family's template with a small tokenizer of the family's kind, which knows the special tokens that the template writes.</summary>
internal sealed class FamilyChat
{
    private static readonly ConcurrentDictionary<string, FamilyChat> Loaded = [];

    private FamilyChat(string family, string tokenizer, params string[] special)
    {
        var file = TokenizerGolden.FileOf(tokenizer);
        var added = file["added_tokens"]!.AsArray();
        var known = added.Select(token => token!["content"]!.GetValue<string>()).ToHashSet();
        var next = Math.Max(file["model"]!["vocab"]!.AsObject().Count, added.Max(token => token!["id"]!.GetValue<int>()) + 1);
        foreach (var content in special.Where(content => !known.Contains(content)))
            added.Add(new JsonObject { ["id"] = next++, ["content"] = content, ["special"] = true });
        Tokenizer = TokenizerGolden.Load(file);
        Encoder = new ChatEncoder(Tokenizer, TemplateGolden.Load(family));
        Family = family;
    }

    public string Family { get; }

    public Tokenizer Tokenizer { get; }

    public ChatEncoder Encoder { get; }

    public static FamilyChat Of(string family) => Loaded.GetOrAdd(family, static family => family switch
    {
        "llama-2" or "mistral-v0.1" => new FamilyChat(family, "llama-2"),
        "llama-3" or "llama-3.1" => new FamilyChat(family, "llama-3", "<|python_tag|>", "<|eom_id|>"),
        "mistral-v0.3" => new FamilyChat(family, family, "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_CALLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]"),
        "qwen2.5" => new FamilyChat(family, "qwen2"),
        "r1-distill" => new FamilyChat(family, "deepseek-v3", [.. new[] { "calls", "call", "outputs", "output" }.SelectMany(name => new[] { $"<｜tool▁{name}▁begin｜>", $"<｜tool▁{name}▁end｜>" }), "<｜tool▁sep｜>"]),
        "gemma-2" or "gemma-3" => new FamilyChat(family, "gemma", "<eos>"),
        "phi-3" => new FamilyChat(family, family, "<|system|>"),
        "phi-4-mini" => new FamilyChat(family, family, "<|assistant|>", "<|system|>", "<|tool|>", "<|endoftext|>"),
        _ => new FamilyChat(family, family),
    });

    public IReadOnlyList<TrainingSequence> Train(IReadOnlyList<ChatMessage> messages, System.Text.Json.JsonElement? tools = null) =>
        Encoder.EncodeExample(new ChatExample(7, messages, tools));

    /// <summary>What is supervised, stretch by stretch, special tokens as they are written.</summary>
    public string[] Supervised(TrainingSequence sequence) =>
        [.. Runs(sequence).Select(run => Tokenizer.Decode(sequence.Ids.AsSpan()[run], skipSpecial: false))];

    /// <summary>The stretches of supervised tokens.</summary>
    public static IReadOnlyList<Range> Runs(TrainingSequence sequence)
    {
        List<Range> runs = [];
        for (var t = 0; t < sequence.Length; t++)
        {
            if (!sequence.Supervised[t])
                continue;
            var start = t;
            while (t < sequence.Length && sequence.Supervised[t])
                t++;
            runs.Add(start..t);
        }
        return runs;
    }
}
