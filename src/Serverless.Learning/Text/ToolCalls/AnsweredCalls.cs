using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Serverless.Learning.Text.ToolCalls;

/// <summary>The tool calls of whole answers: read as a chat completion reads them, compared, and written as one writes them.</summary>
public static class AnsweredCalls
{
    /// <summary>The calls of an answer in their order; null without any, and where the template writes none that can be read back.</summary>
    /// <param name="tools">The array of tools that were offered, as sent; null for none.</param>
    /// <param name="answer">The text, special tokens of <see cref="ChatEncoder.TokensOfCalls"/> and the opening of its thinking included.</param>
    public static IReadOnlyList<ToolCall>? Read(ChatEncoder encoder, JsonElement? tools, string answer) => ReadWhole(encoder, tools, answer).Calls;

    /// <summary>The same, and the text around the calls with the thinking apart.</summary>
    public static (string Content, string Reasoning, IReadOnlyList<ToolCall>? Calls) ReadWhole(ChatEncoder encoder, JsonElement? tools, string answer)
    {
        var reader = new AnswerReader(encoder.ToolCallFormat, NamesOf(tools), encoder.Thinks, AnswerStart.Beginning);
        var parts = reader.Append(answer, ends: true);
        ToolCall[] calls = [.. parts.Select(part => part.Call).OfType<ToolCall>()];
        return (string.Concat(parts.Select(part => part.Content)), string.Concat(parts.Select(part => part.Reasoning)), calls.Length == 0 ? null : calls);
    }

    /// <summary>The calls of a message in OpenAI's form, <c>[{function: {name, arguments}}]</c>; null without any.</summary>
    public static IReadOnlyList<ToolCall>? Of(JsonElement? toolCalls) =>
        toolCalls is { ValueKind: JsonValueKind.Array } array && array.GetArrayLength() > 0 ? [.. array.EnumerateArray().Select(One)] : null;

    /// <summary>Whether both are the same calls in the same order: equal names, and arguments that are equal as JSON.</summary>
    public static bool AreSame(IReadOnlyList<ToolCall> expected, IReadOnlyList<ToolCall>? found) =>
        found?.Count == expected.Count && expected.Zip(found).All(pair => pair.First.Name == pair.Second.Name && AreEqual(pair.First.Arguments, pair.Second.Arguments));

    /// <summary>The array <c>tool_calls</c> of a message; null without calls. The same calls give the same text, ids included.</summary>
    public static JsonElement? ToJson(IReadOnlyList<ToolCall>? calls) => calls is null ? null : JsonSerializer.SerializeToElement(new JsonArray([.. calls.Select((call, at) => (JsonNode)new JsonObject
    {
        // Nine letters and digits: the templates of some Mistrals refuse every other length.
        ["id"] = string.Create(CultureInfo.InvariantCulture, $"call{at:D5}"),
        ["type"] = "function",
        ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = call.Arguments },
    })]));

    private static ToolCall One(JsonElement call)
    {
        var function = Member(call, "function") is { ValueKind: JsonValueKind.Object } inner ? inner : call;
        return new ToolCall(TextOf(Member(function, "name")), TextOf(Member(function, "arguments")));
    }

    private static JsonElement? Member(JsonElement parent, string name) => parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) ? value : null;

    private static string TextOf(JsonElement? value) => value is not { } found ? "" : found.ValueKind == JsonValueKind.String ? found.GetString()! : found.GetRawText();

    private static HashSet<string> NamesOf(JsonElement? tools) => tools is not { ValueKind: JsonValueKind.Array } array ? [] :
        [.. array.EnumerateArray().Select(tool => TextOf(Member(Member(tool, "function") is { ValueKind: JsonValueKind.Object } inner ? inner : tool, "name")))];

    private static bool AreEqual(string expected, string found)
    {
        try
        {
            using JsonDocument left = StrictJson.Parse(expected), right = StrictJson.Parse(found);
            return JsonElement.DeepEquals(left.RootElement, right.RootElement);
        }
        catch (JsonException)
        {
            return expected == found;
        }
    }
}
