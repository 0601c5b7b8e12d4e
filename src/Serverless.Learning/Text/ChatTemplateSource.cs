using System.Text.Json;

namespace Serverless.Learning.Text;

/// <summary>What a model folder says about its chat template.</summary>
/// <param name="Name">The file it stands in.</param>
/// <param name="Template">The template.</param>
/// <param name="ToolTemplate">The template for conversations with tools, where it is another one.</param>
/// <param name="Tokens">The special tokens by the names of the variables that hold them, such as <c>bos_token</c>.</param>
internal sealed record ChatTemplateSource(string Name, string Template, string? ToolTemplate, IReadOnlyDictionary<string, string> Tokens)
{
    private const string TemplateFile = "chat_template.jinja", ConfigFile = "tokenizer_config.json";

    private static readonly string[] TokenNames = ["bos_token", "eos_token", "pad_token", "unk_token"];

    /// <summary>Reads <c>chat_template.jinja</c> and <c>tokenizer_config.json</c> of a model folder.</summary>
    /// <exception cref="InputError">There is no template, or the files are not what they should be.</exception>
    public static ChatTemplateSource Read(string modelFolder)
    {
        var (templatePath, configPath) = (Path.Combine(modelFolder, TemplateFile), Path.Combine(modelFolder, ConfigFile));
        using var config = File.Exists(configPath) ? ParseConfig(configPath) : null;
        var tokens = config is null ? [] : ReadTokens(config.RootElement);
        if (File.Exists(templatePath))
            return new ChatTemplateSource(TemplateFile, File.ReadAllText(templatePath), null, tokens);
        if (config is null || !config.RootElement.TryGetProperty("chat_template", out var template) || template.ValueKind == JsonValueKind.Null)
            throw new InputError($"{modelFolder}: found no chat template; allowed: a file {TemplateFile}, or chat_template in {ConfigFile}");
        return template.ValueKind switch
        {
            JsonValueKind.String => new ChatTemplateSource(ConfigFile, template.GetString()!, null, tokens),
            JsonValueKind.Array => Named(template, configPath, tokens),
            _ => throw new InputError($"{configPath}, chat_template: found {template.GetRawText()}; allowed: a string or an array of {{\"name\", \"template\"}}"),
        };
    }

    private static JsonDocument ParseConfig(string path)
    {
        try
        {
            var config = StrictJson.Parse(File.ReadAllBytes(path));
            if (config.RootElement.ValueKind == JsonValueKind.Object)
                return config;
            config.Dispose();
        }
        catch (JsonException error)
        {
            throw new InputError($"{path}: found no valid JSON ({error.Message}); allowed: a JSON object", innerException: error);
        }
        throw new InputError($"{path}: found JSON that is no object; allowed: a JSON object");
    }

    private static ChatTemplateSource Named(JsonElement list, string path, Dictionary<string, string> tokens)
    {
        var templates = new Dictionary<string, string>();
        foreach (var (i, entry) in list.EnumerateArray().Index())
        {
            if (entry.ValueKind != JsonValueKind.Object
                || !entry.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String
                || !entry.TryGetProperty("template", out var template) || template.ValueKind != JsonValueKind.String)
                throw new InputError($"{path}, chat_template[{i}]: found {entry.GetRawText()}; allowed: {{\"name\", \"template\"}}, both strings");
            templates[name.GetString()!] = template.GetString()!;
        }
        if (!templates.TryGetValue("default", out var chosen))
            throw new InputError($"{path}, chat_template: found templates named {string.Join(", ", templates.Keys)}; allowed: one of them is named default");
        return new ChatTemplateSource($"{ConfigFile}, chat_template", chosen, templates.GetValueOrDefault("tool_use"), tokens);
    }

    private static Dictionary<string, string> ReadTokens(JsonElement config)
    {
        var tokens = new Dictionary<string, string>();
        foreach (var name in TokenNames)
        {
            if (!config.TryGetProperty(name, out var token))
                continue;
            if (token.ValueKind == JsonValueKind.Object && token.TryGetProperty("content", out var content))
                token = content;
            if (token.ValueKind == JsonValueKind.String)
                tokens[name] = token.GetString()!;
        }
        return tokens;
    }
}
