using System.Text;
using System.Text.Json;
using Serverless.Learning.Text;

namespace Serverless.Learning.Data;

/// <summary>Parses one message of a chat example: roles, content as text, weight, tool calls. Keys it does not know are ignored.</summary>
internal static class ChatMessageParser
{
    /// <summary>The message at a place, or null if it has faults, which are then listed.</summary>
    public static ChatMessage? Parse(JsonPlace place, JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.Object)
        {
            place.Fault($"found {JsonPlace.Describe(message)}; allowed: an object with role and content");
            return null;
        }
        if (ParseRole(place, message) is not { } role)
            return null;
        var before = place.Faults.Count;
        var toolCalls = ParseToolCalls(place, message, role);
        var parsed = new ChatMessage
        {
            Role = role,
            Content = ParseContent(place.At("content"), message, role, mayBeAbsent: toolCalls is not null || place.Faults.Count > before),
            ReasoningContent = Text(place, message, "reasoning_content"),
            ToolCalls = toolCalls,
            ToolCallId = Text(place, message, "tool_call_id"),
            Name = Text(place, message, "name"),
            Weight = ParseWeight(place.At("weight"), message, role),
        };
        return place.Faults.Count == before ? parsed : null;
    }

    private static string? ParseRole(JsonPlace place, JsonElement message)
    {
        // "developer" and "function" are OpenAI's newer and older words for system and tool: taken, but not advertised.
        const string allowed = "system, user, assistant, tool";
        if (place.Required(message, "role", JsonValueKind.String, allowed) is not { } value)
            return null;
        var role = value.GetString()!;
        if (role is "system" or "developer" or "user" or "assistant" or "tool" or "function")
            return role;
        place.At("role").Fault($"found {JsonPlace.Describe(value)}; allowed: {allowed}");
        return null;
    }

    private static string? ParseContent(JsonPlace place, JsonElement message, string role, bool mayBeAbsent)
    {
        var found = message.TryGetProperty("content", out var content);
        if (mayBeAbsent && (!found || content.ValueKind == JsonValueKind.Null))
            return null;
        if (found && content.ValueKind == JsonValueKind.String)
            return content.GetString();
        if (found && content.ValueKind == JsonValueKind.Array)
            return string.Concat(content.EnumerateArray().Select((part, i) => ParsePart(place.At(i), part)));
        var allowed = role == "assistant" ? "a string, an array of text parts, or null beside tool_calls" : "a string or an array of text parts";
        place.Fault($"found {(found ? JsonPlace.Describe(content) : "nothing")}; allowed: {allowed}");
        return null;
    }

    private static string? ParsePart(JsonPlace place, JsonElement part)
    {
        const string allowed = "{\"type\": \"text\", \"text\": \"…\"}";
        if (part.ValueKind != JsonValueKind.Object)
            place.Fault($"found {JsonPlace.Describe(part)}; allowed: {allowed}");
        else if (place.Required(part, "type", JsonValueKind.String, "text") is not { } type)
            return null;
        else if (type.GetString() != "text")
            place.At("type").Fault($"found {JsonPlace.Describe(type)}; allowed: text");
        else
            return place.Required(part, "text", JsonValueKind.String, "a string")?.GetString();
        return null;
    }

    private static double? ParseWeight(JsonPlace place, JsonElement message, string role)
    {
        if (!message.TryGetProperty("weight", out var weight) || weight.ValueKind == JsonValueKind.Null)
            return null;
        if (role != "assistant")
            place.Fault($"found {JsonPlace.Describe(weight)} on a message of role {role}; allowed: 0 or 1, on assistant messages only");
        else if (weight.ValueKind == JsonValueKind.Number && weight.TryGetDouble(out var value) && value is 0 or 1)
            return value;
        else
            place.Fault($"found {JsonPlace.Describe(weight)}; allowed: 0 or 1");
        return null;
    }

    private static JsonElement? ParseToolCalls(JsonPlace place, JsonElement message, string role)
    {
        const string allowedCall = "{\"id\", \"type\": \"function\", \"function\": {\"name\", \"arguments\"}}";
        if (place.Optional(message, "tool_calls", JsonValueKind.Array, "an array of tool calls") is not { } calls || calls.GetArrayLength() == 0)
            return null;
        place = place.At("tool_calls");
        if (role != "assistant")
            place.Fault($"found on a message of role {role}; allowed: on assistant messages only");
        foreach (var (i, call) in calls.EnumerateArray().Index())
            if (call.ValueKind != JsonValueKind.Object)
                place.At(i).Fault($"found {JsonPlace.Describe(call)}; allowed: {allowedCall}");
            else if (place.At(i).Required(call, "function", JsonValueKind.Object, "an object with name and arguments") is { } function)
                CheckFunction(place.At(i).At("function"), function);
        return calls.Clone();
    }

    private static void CheckFunction(JsonPlace place, JsonElement function)
    {
        place.Required(function, "name", JsonValueKind.String, "the function's name");
        if (place.Required(function, "arguments", JsonValueKind.String, "a string of JSON") is not { } arguments)
            return;
        try
        {
            var json = Encoding.UTF8.GetBytes(arguments.GetString()!);
            using var document = JsonDocument.Parse(json);
            if (Utf8Text.IndexOfUnpairedSurrogate(json) < 0)
                return;
        }
        catch (JsonException)
        {
            // Named below, with the value itself.
        }
        place.At("arguments").Fault($"found {JsonPlace.Describe(arguments)}; allowed: a string of JSON");
    }

    private static string? Text(JsonPlace place, JsonElement message, string member) =>
        place.Optional(message, member, JsonValueKind.String, "a string")?.GetString();
}
