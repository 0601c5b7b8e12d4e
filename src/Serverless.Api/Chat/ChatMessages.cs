using System.Text.Json;
using Serverless.Api.Requests;
using Serverless.Learning.Text;

namespace Serverless.Api.Chat;

/// <summary>Reads the conversation of a chat request.</summary>
internal static class ChatMessages
{
    private static readonly string[] Roles = ["system", "assistant", "user", "function", "tool", "developer"];
    private static readonly string[] PartTypes = ["text"];

    public static IReadOnlyList<ChatMessage> Read(RequestObject body)
    {
        var messages = body.Objects("messages") ?? throw Refusal.Missing("messages");
        return messages.Count == 0 ? throw Refusal.EmptyArray("messages") : [.. messages.Select(ReadOne)];
    }

    private static ChatMessage ReadOne(RequestObject message)
    {
        var role = message.OneOf("role", Roles) ?? throw Refusal.Missing(message.PathOf("role"));
        var toolCalls = message.Objects("tool_calls");
        var content = ReadContent(message);
        if (content is null && !(role == "assistant" && toolCalls is { Count: > 0 }))
            throw Refusal.Missing(message.PathOf("content"));
        return new ChatMessage
        {
            Role = role,
            Content = content,
            ReasoningContent = message.String("reasoning_content"),
            Name = message.String("name"),
            ToolCalls = toolCalls is { Count: > 0 } ? message.RequiredValue("tool_calls").Clone() : null,
            ToolCallId = message.String("tool_call_id"),
        };
    }

    /// <summary>A string, or the texts of an array of parts one after the other.</summary>
    private static string? ReadContent(RequestObject message)
    {
        if (message.Value("content") is not { } content)
            return null;
        if (content.ValueKind == JsonValueKind.String)
            return content.GetString();
        if (content.ValueKind != JsonValueKind.Array)
            throw Refusal.WrongType(message.PathOf("content"), "a string or an array of objects", RequestObject.Kind(content));
        return string.Concat(message.Objects("content")!.Select(part =>
        {
            if (part.OneOf("type", PartTypes) is null)
                throw Refusal.Missing(part.PathOf("type"));
            return part.RequiredString("text");
        }));
    }
}
