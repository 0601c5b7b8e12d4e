using System.Text.Json;
using Serverless.Api.Requests;
using Serverless.Learning;
using Serverless.Learning.Sampling.Grammars;
using Serverless.Learning.Text.ToolCalls;
using Serverless.Service.Inference;

namespace Serverless.Api.Chat;

/// <summary>Reads <c>tools</c>, <c>tool_choice</c> and <c>parallel_tool_calls</c>.</summary>
internal static class ToolFields
{
    private const int MaxTools = 128;
    private const int MaxNameLength = 64;
    private static readonly string[] Types = ["function"];
    private static readonly string[] Choices = ["none", "auto", "required"];

    /// <returns>Null where no tool may be called.</returns>
    public static ChatTools? Read(RequestObject body)
    {
        var parallel = body.Boolean("parallel_tool_calls");
        var tools = body.Objects("tools") ?? [];
        if (tools.Count == 0)
        {
            foreach (var dependent in new[] { "tool_choice", "parallel_tool_calls" })
            {
                if (body.Value(dependent) is not null)
                    throw new InputError($"'{dependent}' is only allowed when 'tools' are specified.", dependent, null);
            }

            return null;
        }

        if (tools.Count > MaxTools)
            throw Refusal.ArrayTooLong("tools", MaxTools, tools.Count);
        ToolDefinition[] defined = [.. tools.Select(ReadTool)];
        var (choice, named) = ReadChoice(body, defined);
        return choice == "none" ? null : new ChatTools(
            body.RequiredValue("tools").Clone(), named is null ? defined : [named], choice != "auto", (parallel ?? true) && named is null);
    }

    /// <summary>Whether the request names the tool that is to be called.</summary>
    public static bool NamesTool(RequestObject body) => body.Value("tool_choice") is { ValueKind: JsonValueKind.Object };

    private static ToolDefinition ReadTool(RequestObject tool)
    {
        _ = tool.OneOf("type", Types) ?? throw Refusal.Missing(tool.PathOf("type"));
        var function = tool.Object("function") ?? throw Refusal.Missing(tool.PathOf("function"));
        var parameters = function.Object("parameters") is null ? (JsonElement?)null : function.RequiredValue("parameters").Clone();
        var definition = new ToolDefinition(
            NameField.Read(function, MaxNameLength), parameters, function.Boolean("strict") ?? false, function.PathOf("parameters"));
        function.String("description");
        if (definition is { Strict: true, Parameters: { } schema })
            Grammar.FromSchema(schema, strict: true, definition.Subject, definition.Place);
        return definition;
    }

    private static (string Choice, ToolDefinition? Named) ReadChoice(RequestObject body, ToolDefinition[] defined)
    {
        if (body.Value("tool_choice") is not { ValueKind: JsonValueKind.Object })
            return (body.OneOf("tool_choice", Choices) ?? "auto", null);
        var choice = body.Object("tool_choice")!.Value;
        _ = choice.OneOf("type", Types) ?? throw Refusal.Missing(choice.PathOf("type"));
        var function = choice.Object("function") ?? throw Refusal.Missing(choice.PathOf("function"));
        var name = function.RequiredString("name");
        return ("required", defined.FirstOrDefault(tool => tool.Name == name)
            ?? throw new InputError($"Tool choice '{name}' not found in 'tools' parameter.", "tool_choice", null));
    }
}
