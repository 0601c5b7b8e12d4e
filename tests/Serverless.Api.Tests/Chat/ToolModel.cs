using Serverless.Service.Models;
using Serverless.Tests;

namespace Serverless.Api.Tests.Chat;

/// <summary>The tiny model with a longer context and a template that writes tools and calls as Hermes' and Qwen's do; its weights are random.</summary>
internal static class ToolModel
{
    public const string Name = "tools";

    /// <summary>What opens calls of Hermes and Qwen.</summary>
    public const string Opening = "<tool_call>";

    private const string Template = """
        {%- if tools %}{{- '<|im_start|>system\n' + (tools | tojson) + '<|im_end|>\n' }}{%- endif %}
        {%- for message in messages %}
          {{- '<|im_start|>' + message.role + '\n' }}
          {%- if message.content %}{{- message.content }}{%- endif %}
          {%- for call in message.tool_calls or [] %}
            {{- 'OPENING\n{"name": "' + call.function.name + '", "arguments": ' + (call.function.arguments | tojson) + '}\n</tool_call>' }}
          {%- endfor %}
          {{- '<|im_end|>\n' }}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}
        """;

    /// <summary>Makes it a base model of the server.</summary>
    /// <param name="opening">What opens its calls, such as a special token; null for a template that writes tools but no calls.</param>
    public static async Task SeedAsync(ApiServer server, string? opening = Opening)
    {
        var folder = TinyModel.Write(Directory.CreateTempSubdirectory("serverless-api-").FullName);
        var config = Path.Combine(folder, "config.json");
        await File.WriteAllTextAsync(config, (await File.ReadAllTextAsync(config)).Replace("\"max_position_embeddings\": 128", "\"max_position_embeddings\": 2048", StringComparison.Ordinal));
        await File.WriteAllTextAsync(Path.Combine(folder, "chat_template.jinja"), opening is null
            ? Template.Replace("message.tool_calls or []", "[]", StringComparison.Ordinal)
            : Template.Replace("OPENING", (opening == Opening ? "\\n" : "") + opening, StringComparison.Ordinal));
        await server.Get<ModelStore>().SeedBaseAsync(Name, folder, default);
        Directory.Delete(folder, recursive: true);
    }
}
