using System.Text.Json;
using System.Text.RegularExpressions;

namespace Serverless.Learning.Formats.Gguf;

/// <summary>
/// The <c>tokenizer.*</c> keys of a GGUF file from a model folder's tokenizer.json, tokenizer_config.json and chat template: byte-level BPE
/// (<c>gpt2</c>) and SentencePiece-style BPE with byte fallback (<c>llama</c>).
/// </summary>
internal static partial class GgufVocabulary
{
    private const string TokenizerFile = "tokenizer.json";
    private const int Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6; // llama_token_type

    /// <param name="rows">Rows of the embedding; ids without a token become unused tokens, because llama.cpp wants one for each row.</param>
    /// <param name="config">The root of config.json.</param>
    /// <exception cref="InputError">A file is missing or damaged, or its tokenizer has no counterpart in GGUF.</exception>
    public static IEnumerable<KeyValuePair<string, object>> Read(string folder, int rows, JsonElement config)
    {
        var tokenizer = FolderJson.Read(folder, TokenizerFile);
        var settings = FolderJson.Find(folder, "tokenizer_config.json") ?? JsonElement.Parse("{}");
        var model = tokenizer.Member("model") ?? throw new InputError($"{TokenizerFile}: no model");
        if (model.Text("type") is { } type && type != "BPE")
            throw new InputError($"{TokenizerFile}, model.type: found {Quoted.Name(type)}; allowed: \"BPE\"");

        var isByteLevel = !model.IsTrue("byte_fallback");
        var (tokens, types) = Tokens(tokenizer, model, rows, isByteLevel);
        var merges = Merges(model);

        yield return new("tokenizer.ggml.model", isByteLevel ? "gpt2" : "llama");
        yield return new("tokenizer.ggml.pre", isByteLevel ? GgufPreTokenizer.NameOf(tokenizer) : "default");
        yield return new("tokenizer.ggml.tokens", tokens);
        if (!isByteLevel)
            yield return new("tokenizer.ggml.scores", Scores(tokens, merges));
        yield return new("tokenizer.ggml.token_type", types);
        if (isByteLevel)
            yield return new("tokenizer.ggml.merges", merges.Select(Joined).ToArray());
        else
            yield return new("tokenizer.ggml.add_space_prefix", AddsSpacePrefix(tokenizer));

        foreach (var entry in SpecialTokens(tokens, tokenizer, settings, config))
            yield return entry;
        foreach (var entry in ChatTemplates(folder, settings))
            yield return entry;
    }

    private static (string[] Tokens, int[] Types) Tokens(JsonElement tokenizer, JsonElement model, int rows, bool isByteLevel)
    {
        var tokens = new string[rows];
        var types = new int[rows];
        void Set(string token, int id, int type)
        {
            if (id < 0 || id >= rows)
                throw new InputError($"{TokenizerFile}: token {Quoted.Name(token)} has id {id}; the model's embedding has {rows} rows");
            (tokens[id], types[id]) = (token, type);
        }

        var unknown = model.Text("unk_token");
        foreach (var entry in (model.Member("vocab") ?? throw new InputError($"{TokenizerFile}: no model.vocab")).EnumerateObject())
            Set(entry.Name, Id(entry.Value), !isByteLevel && entry.Name == unknown ? Unknown : !isByteLevel && ByteToken().IsMatch(entry.Name) ? Byte : Normal);

        foreach (var added in tokenizer.Member("added_tokens")?.EnumerateArray() ?? default)
        {
            var content = added.Text("content") ?? throw new InputError($"{TokenizerFile}, added_tokens: a token without content");
            var isControl = added.IsTrue("special") || LooksSpecial(content);
            // llama.cpp takes the token that stands for unknown text by its type.
            var type = !isByteLevel && content == unknown ? Unknown : isControl ? Control : UserDefined;
            Set(type == UserDefined ? content.Replace('\u2581', ' ') : content, Id(added.Member("id") ?? default), type);
        }

        for (var id = 0; id < rows; id++)
        {
            if (tokens[id] is null)
                (tokens[id], types[id]) = ($"[PAD{id}]", Unused);
        }

        return (tokens, types);
    }

    /// <summary>Some models forget to mark their control tokens as special; llama.cpp's own converter looks for these forms too.</summary>
    private static bool LooksSpecial(string token) =>
        token is "<pad>" or "<mask>"
        || (token.StartsWith("<|", StringComparison.Ordinal) && token.EndsWith("|>", StringComparison.Ordinal))
        || (token.StartsWith("<\uFF5C", StringComparison.Ordinal) && token.EndsWith("\uFF5C>", StringComparison.Ordinal));

    private static int Id(JsonElement id) =>
        id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out var number) ? number : throw new InputError($"{TokenizerFile}: an id that is not a number");

    private static List<(string Left, string Right)> Merges(JsonElement model)
    {
        var merges = new List<(string Left, string Right)>();
        foreach (var entry in model.Member("merges")?.EnumerateArray() ?? default)
        {
            if (entry.ValueKind == JsonValueKind.Array && entry.GetArrayLength() == 2)
                merges.Add((entry[0].GetString()!, entry[1].GetString()!));
            else if (entry.ValueKind == JsonValueKind.String && entry.GetString()!.Split(' ') is [var left, var right])
                merges.Add((left, right));
            else
                throw new InputError($"{TokenizerFile}, model.merges[{merges.Count}]: found {Quoted.Cut(entry.GetRawText())}; allowed: two parts");
        }

        return merges;
    }

    /// <summary>The parts are separated by a space, so spaces within are written as the byte alphabet writes them.</summary>
    private static string Joined((string Left, string Right) merge) =>
        $"{merge.Left.Replace(' ', '\u0120')} {merge.Right.Replace(' ', '\u0120')}";

    /// <summary>
    /// llama.cpp joins the neighbours whose joint token has the highest score, where tokenizer.json lists the joins in order: the token of
    /// the first merge scores 0, the next -1. Tokens that no merge makes are never joined; they score lowest.
    /// </summary>
    private static float[] Scores(string[] tokens, List<(string Left, string Right)> merges)
    {
        var ranks = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (left, right) in merges)
            ranks.TryAdd(left + right, ranks.Count);
        return [.. tokens.Select(token => ranks.TryGetValue(token, out var rank) ? -rank : -1e6f)];
    }

    private static bool AddsSpacePrefix(JsonElement tokenizer)
    {
        bool Prepends(JsonElement? step) => step is { } found && found.Text("type") switch
        {
            "Prepend" => true,
            "Metaspace" => found.Text("prepend_scheme") is var scheme && (scheme is "first" or "always" || (scheme is null && found.IsTrue("add_prefix_space"))),
            "Sequence" => (found.Member("normalizers") ?? found.Member("pretokenizers"))?.EnumerateArray().Any(part => Prepends(part)) ?? false,
            _ => false,
        };
        return Prepends(tokenizer.Member("normalizer")) || Prepends(tokenizer.Member("pre_tokenizer"));
    }

    private static IEnumerable<KeyValuePair<string, object>> SpecialTokens(string[] tokens, JsonElement tokenizer, JsonElement settings, JsonElement config)
    {
        foreach (var (role, key) in new[] { ("bos", "bos"), ("eos", "eos"), ("unk", "unknown"), ("pad", "padding") })
        {
            // A token is a string or an object with its content; where the tokenizer is silent, the model's configuration says the id.
            var member = settings.Member(role + "_token");
            var content = member?.ValueKind == JsonValueKind.Object ? member.Value.Text("content") : settings.Text(role + "_token");
            var id = content is null ? -1 : Array.IndexOf(tokens, content);
            if (id < 0 && config.Member(role + "_token_id") is { } configured)
            {
                var first = configured.ValueKind == JsonValueKind.Array ? configured.EnumerateArray().FirstOrDefault() : configured;
                id = first.ValueKind == JsonValueKind.Number && first.TryGetInt32(out var number) ? number : -1;
            }

            if (id >= 0 && id < tokens.Length)
                yield return new($"tokenizer.ggml.{key}_token_id", (uint)id);
        }

        yield return new("tokenizer.ggml.add_bos_token", Adds("bos", first: true));
        yield return new("tokenizer.ggml.add_eos_token", Adds("eos", first: false));

        bool Adds(string role, bool first)
        {
            if (settings.Member($"add_{role}_token") is { ValueKind: JsonValueKind.True or JsonValueKind.False } said)
                return said.GetBoolean();
            var template = PostProcessor(tokenizer.Member("post_processor"))?.Member("single")?.EnumerateArray().ToList() ?? [];
            return template.Count > 0 && template[first ? 0 : ^1].Member("SpecialToken") is not null;
        }
    }

    private static JsonElement? PostProcessor(JsonElement? processor) => processor?.Text("type") switch
    {
        "TemplateProcessing" => processor,
        "Sequence" => processor.Value.Member("processors")?.EnumerateArray().Select(part => PostProcessor(part)).FirstOrDefault(part => part is not null),
        _ => null,
    };

    private static IEnumerable<KeyValuePair<string, object>> ChatTemplates(string folder, JsonElement settings)
    {
        var path = Path.Combine(folder, "chat_template.jinja");
        if (File.Exists(path))
        {
            yield return new("tokenizer.chat_template", File.ReadAllText(path));
            yield break;
        }

        if (settings.Text("chat_template") is { } single)
        {
            yield return new("tokenizer.chat_template", single);
        }
        else if (settings.Member("chat_template") is { ValueKind: JsonValueKind.Array } several)
        {
            var named = several.EnumerateArray().Select(entry => (Name: entry.Text("name"), Template: entry.Text("template")))
                .Where(entry => entry is { Name: not null, Template: not null }).ToList();
            foreach (var (name, template) in named)
                yield return new(name == "default" ? "tokenizer.chat_template" : $"tokenizer.chat_template.{name}", template!);
            var others = named.Where(entry => entry.Name != "default").Select(entry => entry.Name!).ToArray();
            if (others.Length > 0)
                yield return new("tokenizer.chat_templates", others);
        }
    }

    [GeneratedRegex("^<0x[0-9A-Fa-f]{2}>$")]
    private static partial Regex ByteToken();
}
