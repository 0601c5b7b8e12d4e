using System.Text.Json;
using Serverless.Learning.Text.Jinja;

namespace Serverless.Learning.Text;

/// <summary>Finds out whether a template knows tools, by giving it one.</summary>
internal static class ToolProbe
{
    private const string Tools = """
        [{"type": "function", "function": {"name": "probe", "description": "p", "parameters": {"type": "object", "properties": {}, "required": []}}}]
        """;

    public static bool WritesTools(ChatTemplate template)
    {
        using var tools = JsonDocument.Parse(Tools);
        try
        {
            var text = template.RenderMarked([new ChatMessage { Role = "user", Content = "a" }], addGenerationPrompt: true, tools.RootElement);
            return text.Marks.Any(mark => mark.Source == Mark.Tools);
        }
        catch (InputError)
        {
            // It knows them, and has demands on them.
            return true;
        }
    }
}
