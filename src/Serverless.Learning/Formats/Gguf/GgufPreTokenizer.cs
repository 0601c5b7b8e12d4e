using System.Text.Json;

namespace Serverless.Learning.Formats.Gguf;

/// <summary>
/// The name (<c>tokenizer.ggml.pre</c>) under which llama.cpp knows the splitting rules that a byte-level tokenizer.json spells out.
/// </summary>
internal static class GgufPreTokenizer
{
    private const string Words = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|";
    private const string Rest = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string OneDigit = Words + @"\p{N}" + Rest; // Qwen2
    private const string ThreeDigits = Words + @"\p{N}{1,3}" + Rest; // Llama 3
    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?";
    private const string ManyCases = // GPT-4o, Phi-4-mini
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+" + Contractions
        + @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*" + Contractions
        + @"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Tekken =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+" +
        @"[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"; // Mistral Nemo

    /// <param name="tokenizer">The root of tokenizer.json.</param>
    /// <exception cref="InputError">llama.cpp has no name for these rules.</exception>
    public static string NameOf(JsonElement tokenizer)
    {
        var pre = tokenizer.Member("pre_tokenizer");
        var steps = pre?.Text("type") == "Sequence" ? pre.Value.Member("pretokenizers")?.EnumerateArray().ToList() ?? [] : pre is { } single ? [single] : [];
        var ignoresMerges = tokenizer.Member("model")?.IsTrue("ignore_merges") ?? false;
        var name = string.Join(" + ", steps.Select(Describe)) switch
        {
            "ByteLevel with its own pattern" => "gpt-2",
            "Digits + ByteLevel with its own pattern" => "smollm",
            $"Split {OneDigit} + ByteLevel" => "qwen2",
            $"Split {ThreeDigits} + ByteLevel" => ignoresMerges ? "llama-bpe" : "dbrx",
            $"Split {Tekken} + ByteLevel" => "tekken",
            $"Split {ManyCases} + ByteLevel" => "gpt-4o",
            var other => throw new InputError(
                $"tokenizer.json, pre_tokenizer: found {Quoted.Cut(other)}; GGUF has names for those of GPT-2, SmolLM, Qwen2, Llama 3, Mistral Nemo and GPT-4o"),
        };

        // llama.cpp ties this switch to the name.
        if (ignoresMerges != (name is "llama-bpe" or "tekken"))
            throw new InputError($"tokenizer.json, model.ignore_merges: found {ignoresMerges}; GGUF's pre-tokenizer {name} means the opposite");
        return name;
    }

    private static string Describe(JsonElement step) => step.Text("type") switch
    {
        "ByteLevel" when !step.IsTrue("add_prefix_space") => step.Member("use_regex")?.ValueKind == JsonValueKind.False
            ? "ByteLevel"
            : "ByteLevel with its own pattern",
        "Digits" when step.IsTrue("individual_digits") => "Digits",
        // The patterns match every character, so keeping what matches and removing what does not are one.
        "Split" when (step.Text("behavior"), step.IsTrue("invert")) is ("Isolated", false) or ("Removed", true) && step.Member("pattern")?.Text("Regex") is { } pattern => "Split " + pattern,
        _ => step.GetRawText(),
    };
}
