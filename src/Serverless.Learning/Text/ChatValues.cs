using System.Text.Json;
using Serverless.Learning.Text.Jinja;

namespace Serverless.Learning.Text;

/// <summary>Messages as the dictionaries that templates expect.</summary>
internal static class ChatValues
{
    /// <summary>
    /// A message; keys that it does not have are absent. What a call is given, a string of JSON on the wire, becomes the value it stands for. The role
    /// developer is system and function is tool, unless the template knows the former.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="index">Its place in the conversation, which its strings are marked with.</param>
    /// <param name="knowsDevelopers">Whether the template knows the role developer.</param>
    /// <param name="noContent">What a message without content has instead: none or an empty string.</param>
    public static JinjaMap Of(ChatMessage message, int index, bool knowsDevelopers, MarkedText? noContent)
    {
        var role = message.Role switch
        {
            "developer" when !knowsDevelopers => "system",
            "function" => "tool",
            var other => other,
        };
        var entries = new List<KeyValuePair<object, object?>>
        {
            Entry("role", (MarkedText)role),
            Entry("content", Text(message.Content, index) ?? noContent),
        };
        if (message.ReasoningContent is not null)
            entries.Add(Entry("reasoning_content", Text(message.ReasoningContent, index)));
        if (message.ToolCalls is { ValueKind: JsonValueKind.Array } calls && calls.GetArrayLength() > 0)
            entries.Add(Entry("tool_calls", new JinjaList([.. calls.EnumerateArray().Select(call => WithArguments(FromWire(call, Mark.CallsOf(index), $"messages[{index}].tool_calls")))])));
        if (message.ToolCallId is not null)
            entries.Add(Entry("tool_call_id", Text(message.ToolCallId, index)));
        if (message.Name is not null)
            entries.Add(Entry("name", Text(message.Name, index)));
        return new JinjaMap(entries);
    }

    private static object? WithArguments(object? call)
    {
        if (call is not JinjaMap map || !map.TryGet((MarkedText)"function", out var function) || function is not JinjaMap inner
            || !inner.TryGet((MarkedText)"arguments", out var arguments) || arguments is not MarkedText { Length: > 0 } json)
            return call;
        try
        {
            using var document = JsonDocument.Parse(json.Value);
            var value = JsonValues.Of(document.RootElement, json.Marks[0].Source);
            var parsed = Entry("arguments", value is JinjaMap named ? new JinjaMap(named.Entries, json) : value);
            return new JinjaMap([.. map.Entries, Entry("function", new JinjaMap([.. inner.Entries, parsed]))]);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // A served conversation may hold what a model made of it: it is rendered as it is.
            return call;
        }
    }

    /// <summary>JSON as a value.</summary>
    /// <exception cref="InputError">A string in it holds half of a surrogate pair, which JSON's grammar allows and Unicode does not, or an integer has more digits than Python reads.</exception>
    public static object? FromWire(JsonElement json, int source, string place)
    {
        try
        {
            return JsonValues.Of(json, source);
        }
        catch (JsonException error)
        {
            throw new InputError($"{place}: {error.Message}", innerException: error);
        }
        catch (InvalidOperationException error)
        {
            throw new InputError($"{place}: found half of a surrogate pair; allowed: Unicode characters", innerException: error);
        }
    }

    private static MarkedText? Text(string? value, int index) => value is null ? null : MarkedText.From(value, index);

    private static KeyValuePair<object, object?> Entry(string key, object? value) => new((MarkedText)key, value);
}
