using System.Text.Json;
using Serverless.Learning.Text.ToolCalls;
using Serverless.Service.Network;

namespace Serverless.Service.Pipeline.FineTuning.Teaching;

/// <summary>Reads what a server that speaks OpenAI's API answers.</summary>
internal static class ChatReply
{
    /// <summary>The answer of a chat completion.</summary>
    /// <exception cref="TeacherAwayException">It is none.</exception>
    public static TeacherReply Read(string json, TeacherEndpoint endpoint, KnownSecrets secrets)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var choice = document.RootElement.GetProperty("choices")[0];
            var message = choice.GetProperty("message");
            // vLLM and DeepSeek write the thinking apart, under this name.
            var thinking = TextOf(message, "reasoning_content");
            var calls = message.TryGetProperty("tool_calls", out var called) ? AnsweredCalls.ToJson(AnsweredCalls.Of(called)) : null;
            if ((TextOf(message, "content") ?? (calls is null ? null : "")) is { } content)
                return new TeacherReply(secrets.OutOfAnswer(TeacherReply.WithThinking(thinking, content).Trim()), TextOf(choice, "finish_reason") == "length") { ToolCalls = calls };
            return thinking is null ? throw Malformed(json, endpoint, secrets, null) : new TeacherReply(secrets.OutOfAnswer(TeacherReply.WithThinking(thinking, "")), true);
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException)
        {
            throw Malformed(json, endpoint, secrets, fault);
        }
    }

    /// <summary>The message of OpenAI's error object, or the beginning of whatever was sent instead, without the secrets that it repeats.</summary>
    public static string ErrorIn(string content, int longest, KnownSecrets secrets)
    {
        var text = content;
        try
        {
            using var document = JsonDocument.Parse(content);
            if (document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("error", out var error))
                text = error.ValueKind == JsonValueKind.Object && TextOf(error, "message") is { } message ? message : error.ToString();
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // A page of a proxy, say, or half of a surrogate pair.
        }
        text = secrets.OutOfError(text.ReplaceLineEndings(" ").Trim());
        return text.Length == 0 ? "nothing" : text.Length <= longest ? text : text[..longest] + "…";
    }

    private static TeacherAwayException Malformed(string json, TeacherEndpoint endpoint, KnownSecrets secrets, Exception? fault) =>
        new($"the teacher {endpoint} answered with something else than a chat completion: {ErrorIn(json, 100, secrets)}", fault);

    private static string? TextOf(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
