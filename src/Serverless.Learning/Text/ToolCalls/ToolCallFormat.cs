using System.Text.Json;

namespace Serverless.Learning.Text.ToolCalls;

/// <summary>
/// How a model's chat template writes an assistant's tool calls, and so how the model does: found by letting it write two. A call is a JSON object with
/// name and arguments (Hermes, Qwen, Llama 3, Phi-4), such objects in an array (Mistral), or a name before the JSON of its
/// arguments (DeepSeek, later Mistral).
/// </summary>
/// <param name="Opening">What stands before the first call; blank where an answer that begins with a bracket is a call.</param>
/// <param name="Between">What stands between two calls; null where the template writes one only.</param>
/// <param name="Closing">What stands after the last call, end of turn left out.</param>
/// <param name="IsArray">Whether the calls are the elements of an array.</param>
/// <param name="ArgumentsKey">The key of the arguments in the call's object; null where the name stands outside the JSON.</param>
/// <param name="Separator">What stands between name and arguments where the name stands outside the JSON.</param>
public sealed record ToolCallFormat(string Opening, string? Between, string Closing, bool IsArray, string? ArgumentsKey, string Separator)
{
    private const string Name = "probe_name", Key = "probe_key";
    private const string PythonTag = "<|python_tag|>";
    private const string Tools = $$$"""
        [{"type": "function", "function": {"name": "{{{Name}}}", "description": "p",
          "parameters": {"type": "object", "properties": {"{{{Key}}}": {"type": "string"}}, "required": ["{{{Key}}}"]} }}]
        """;

    /// <summary>Texts that open calls.</summary>
    public IReadOnlyList<string> Openings { get; private init; } = [];

    /// <summary>The special tokens among the texts around the calls, which must be written into an answer for the calls to be found.</summary>
    public IReadOnlyList<int> Tokens { get; private init; } = [];

    /// <summary>Asks the template.</summary>
    /// <returns>Null if it writes no tool calls, or in a way that none of the families has.</returns>
    internal static ToolCallFormat? Probe(ChatTemplate template, Tokenizer tokenizer, int? endOfTurn)
    {
        if (Render(template, 1) is not { } one) return null;
        var at = one.IndexOf(Name, StringComparison.Ordinal);
        if (at < 0) return null;
        var end = endOfTurn is { } id ? tokenizer.TokenOf(id) : null;
        var two = Render(template, 2);
        var format = at > 0 && one[at - 1] == '"' ? OfObjects(one, two, at, end) : OfNames(one, two, at, end);
        if (format is null) return null;
        // Llama 3 opens calls with this token as well, though its template does not.
        var opening = format.Opening.Trim();
        string[] openings = [.. opening.Length > 0 ? new[] { opening } : [], .. tokenizer.IdOf(PythonTag) is null ? [] : new[] { PythonTag }];
        var around = string.Concat([.. openings, format.Between ?? "", format.Closing, format.Separator]);
        return format with { Openings = openings, Tokens = [.. tokenizer.Encode(around, parseSpecial: true).Where(tokenizer.IsSpecial).Distinct()] };
    }

    private static ToolCallFormat? OfObjects(string one, string? two, int at, string? endOfTurn)
    {
        if (ObjectAround(one, 0, at) is not { } call) return null;
        var key = ArgumentsKeyOf(one[call]);
        if (key is null) return null;
        var before = one[..call.Start.Value].TrimEnd();
        if (before.EndsWith('['))
            return new ToolCallFormat(before[..^1], ",", After(one, JsonSpan.End(one, before.Length - 1), endOfTurn), IsArray: true, key, "");
        var between = two is not null && ObjectAround(two, 0, two.IndexOf(Name, StringComparison.Ordinal)) is { } first
            && ObjectAround(two, first.End.Value, two.IndexOf(Name, first.End.Value, StringComparison.Ordinal)) is { } second
            ? two[first.End.Value..second.Start.Value] : null;
        return new ToolCallFormat(one[..call.Start.Value], between, After(one, call.End.Value, endOfTurn), IsArray: false, key, "");
    }

    private static ToolCallFormat? OfNames(string one, string? two, int at, string? endOfTurn)
    {
        var start = one.IndexOf('{', at);
        var end = start < 0 ? -1 : JsonSpan.End(one, start);
        if (end < 0) return null;
        var secondEnd = two is null ? -1 : JsonSpan.End(two, two.IndexOf('{', two.IndexOf(Name, StringComparison.Ordinal)));
        var second = secondEnd < 0 ? -1 : two!.IndexOf(Name, secondEnd, StringComparison.Ordinal);
        return new ToolCallFormat(
            one[..at], second < 0 ? null : two![secondEnd..second], After(one, end, endOfTurn), IsArray: false, null, one[(at + Name.Length)..start]);
    }

    /// <summary>The widest object around a place that begins at or after another.</summary>
    private static Range? ObjectAround(string text, int from, int at)
    {
        if (at < 0) return null;
        for (var start = text.IndexOf('{', from); start >= 0 && start < at; start = text.IndexOf('{', start + 1))
            if (JsonSpan.End(text, start) is var end && end > at) return start..end;
        return null;
    }

    private static string? ArgumentsKeyOf(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.EnumerateObject()
                .Where(field => field.Value.ValueKind == JsonValueKind.Object && field.Value.TryGetProperty(Key, out _))
                .Select(field => field.Name).FirstOrDefault();
        }
        catch (JsonException)
        {
            // Some templates write Python's notation; those calls cannot be read back.
            return null;
        }
    }

    private static string After(string text, int end, string? endOfTurn)
    {
        var rest = text[Math.Max(0, end)..];
        var cut = endOfTurn is null ? -1 : rest.IndexOf(endOfTurn, StringComparison.Ordinal);
        return (cut < 0 ? rest : rest[..cut]).TrimEnd();
    }

    /// <summary>What the template writes for an assistant's turn of so many calls; null if it refuses.</summary>
    private static string? Render(ChatTemplate template, int calls)
    {
        using var tools = JsonDocument.Parse(Tools);
        var call = (int number) => $$$"""
            {"id": "probe000{{{number}}}", "type": "function", "function": {"name": "{{{Name}}}", "arguments": "{\"{{{Key}}}\": \"a\"}"} }
            """;
        using var made = JsonDocument.Parse($"[{string.Join(',', Enumerable.Range(1, calls).Select(call))}]");
        ChatMessage user = new() { Role = "user", Content = "a" }, turn = new() { Role = "assistant", ToolCalls = made.RootElement };
        try
        {
            var whole = template.Render([user, turn], addGenerationPrompt: false, tools.RootElement);
            var prompt = template.Render([user], addGenerationPrompt: true, tools.RootElement);
            return whole[prompt.AsSpan().CommonPrefixLength(whole)..];
        }
        catch (InputError)
        {
            return null;
        }
    }
}
