using Serverless.Service.Models;
using Serverless.Tests;

namespace Serverless.Api.Tests.Chat;

/// <summary>The tiny model with a longer context and a template that writes tools and calls as Hermes' and Qwen's do; its weights are random.</summary>
internal static class ToolModel
{
    public const string Name = "tools";

    private const string Template = """
        {%- if tools %}{{- '<|im_start|>system\n' + (tools | tojson) + '<|im_end|>\n' }}{%- endif %}
        {%- for message in messages %}
          {{- '<|im_start|>' + message.role + '\n' }}
          {%- if message.content %}{{- message.content }}{%- endif %}
          {%- for call in message.tool_calls or [] %}
            {{- '\n<tool_call>\n{"name": "' + call.function.name + '", "arguments": ' + (call.function.arguments | tojson) + '}\n</tool_call>' }}
          {%- endfor %}
          {{- '<|im_end|>\n' }}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}
        """;

    /// <summary>Makes it a base model of the server.</summary>
    public static async Task SeedAsync(ApiServer server)
    {
        var folder = TinyModel.Write(Directory.CreateTempSubdirectory("serverless-api-").FullName);
        var config = Path.Combine(folder, "config.json");
        await File.WriteAllTextAsync(config, (await File.ReadAllTextAsync(config)).Replace("\"max_position_embeddings\": 128", "\"max_position_embeddings\": 2048", StringComparison.Ordinal));
        await File.WriteAllTextAsync(Path.Combine(folder, "chat_template.jinja"), Template);
        await server.Get<ModelStore>().SeedBaseAsync(Name, folder, default);
        Directory.Delete(folder, recursive: true);
    }
}
