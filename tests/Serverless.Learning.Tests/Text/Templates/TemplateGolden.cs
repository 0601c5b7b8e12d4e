using System.Text.Json;
using Serverless.Learning.Text;

namespace Serverless.Learning.Tests.Text.Templates;

/// <summary>The templates of every family, the conversations, and what Jinja2 makes of them: see template_golden.py.</summary>
internal static class TemplateGolden
{
    private static readonly JsonElement Root = ReadGolden();

    public static IReadOnlyList<string> Families { get; } = [.. Root.GetProperty("tokens").EnumerateObject().Select(family => family.Name)];

    public static IEnumerable<Case> Cases => Root.GetProperty("cases").EnumerateArray().Select(entry =>
    {
        var text = StringOf(entry, "text");
        return new Case(
            StringOf(entry, "template")!,
            StringOf(entry, "conversation")!,
            text,
            StringOf(entry, "prompted") ?? (text is null ? null : text + StringOf(entry, "opening")),
            StringOf(entry, "refused"));
    });

    /// <summary>The file that a family's template stands in, by the name that errors give it.</summary>
    public static string NameOf(string family) => family + ".jinja";

    public static string SourceOf(string family)
    {
        using var reader = new StreamReader(typeof(TemplateGolden).Assembly.GetManifestResourceStream("templates/" + NameOf(family))!);
        return reader.ReadToEnd();
    }

    public static string? BosOf(string family) => StringOf(Root.GetProperty("tokens").GetProperty(family), "bos");

    public static string? EosOf(string family) => StringOf(Root.GetProperty("tokens").GetProperty(family), "eos");

    /// <summary>The template on the day that the reference saw.</summary>
    public static ChatTemplate Load(string family) => ChatTemplate.Parse(
        SourceOf(family), NameOf(family), BosOf(family), EosOf(family), new FixedClock(new DateTimeOffset(2024, 7, 5, 9, 3, 2, TimeSpan.Zero)));

    /// <summary>The messages and tools of a conversation.</summary>
    public static (ChatMessage[] Messages, JsonElement? Tools) Conversation(string title)
    {
        var conversation = Root.GetProperty("conversations").GetProperty(title);
        var tools = conversation.GetProperty("tools");
        return ([.. conversation.GetProperty("messages").EnumerateArray().Select(Message)], tools.ValueKind == JsonValueKind.Null ? null : tools);
    }

    private static ChatMessage Message(JsonElement message) => new()
    {
        Role = StringOf(message, "role")!,
        Content = StringOf(message, "content"),
        ReasoningContent = StringOf(message, "reasoning_content"),
        ToolCallId = StringOf(message, "tool_call_id"),
        ToolCalls = message.TryGetProperty("tool_calls", out var calls) ? calls : null,
    };

    private static string? StringOf(JsonElement owner, string name) => owner.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static JsonElement ReadGolden()
    {
        using var stream = typeof(TemplateGolden).Assembly.GetManifestResourceStream("template-golden.json")!;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }

    /// <param name="Text">Without the beginning of an answer; null if the template refuses or fails.</param>
    /// <param name="Prompted">With it.</param>
    /// <param name="Refused">The template's own words, if it refuses the conversation.</param>
    internal sealed record Case(string Family, string Conversation, string? Text, string? Prompted, string? Refused);
}
