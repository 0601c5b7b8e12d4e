using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Learning.Text;

namespace Serverless.Service.Pipeline.FineTuning.Teaching;

/// <summary>A teacher's answer as a line of a chat data set: the prompt, and the answer, which alone is learned.</summary>
internal static class TaughtExample
{
    /// <summary>Writes letters as they are, as people read them.</summary>
    public static JsonSerializerOptions Json { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The whole conversation.</summary>
    /// <param name="calls">The array <c>tool_calls</c> of the answer; null without calls.</param>
    public static IReadOnlyList<ChatMessage> Messages(TeacherPrompt prompt, string answer, JsonElement? calls = null) =>
    [
        .. prompt.Messages.Select(message => message.Role == "assistant" ? message with { Weight = 0 } : message),
        new ChatMessage { Role = "assistant", Content = calls is not null && answer.Length == 0 ? null : answer, ToolCalls = calls },
    ];

    /// <summary>The object of the line.</summary>
    public static JsonObject Line(TeacherPrompt prompt, string answer, JsonElement? calls = null)
    {
        var line = new JsonObject { ["messages"] = new JsonArray([.. Messages(prompt, answer, calls).Select(message => (JsonNode)Message(message))]) };
        if (prompt.Tools is { } tools)
            line["tools"] = JsonArray.Create(tools);
        return line;
    }

    /// <summary>A message with the fields that it has.</summary>
    public static JsonObject Message(ChatMessage message)
    {
        var written = new JsonObject { ["role"] = message.Role, ["content"] = message.Content };
        Add("reasoning_content", message.ReasoningContent);
        Add("name", message.Name);
        Add("tool_call_id", message.ToolCallId);
        if (message.ToolCalls is { } calls)
            written["tool_calls"] = JsonArray.Create(calls);
        if (message.Weight is { } weight)
            written["weight"] = weight;
        return written;

        void Add(string name, string? value)
        {
            if (value is not null)
                written[name] = value;
        }
    }
}
