using System.Text.Json;

namespace Serverless.Learning.Text.ToolCalls;

/// <summary>
/// Takes an answer apart as it comes: thinking between <c>&lt;think&gt;</c> and <c>&lt;/think&gt;</c>, calls of tools, and the text. Text is passed on
/// as soon as it cannot be the beginning of something else; a call when it is complete. Not thread safe.
/// </summary>
/// <param name="format">How calls are written; null where no tools are offered.</param>
/// <param name="offered">The names of the tools, which tell a bare JSON object that is a call from one that is an answer.</param>
/// <param name="thinks">Whether the model may think first.</param>
/// <param name="within">Where the prompt has brought the answer already.</param>
public sealed class AnswerReader(ToolCallFormat? format, IReadOnlySet<string> offered, bool thinks, AnswerStart within)
{
    private const string Think = Thought.Open, EndThink = Thought.Close;

    private string _pending = "";
    private Where _where = within switch { AnswerStart.Thinking => Where.Thinking, AnswerStart.Calls => Where.Calls, _ => Where.Start };
    private bool _skipSpace;
    private string _opening = "";

    private enum Where { Start, Thinking, Text, Calls, AfterCall }

    /// <summary>Whether a call was found.</summary>
    public bool HasCalls { get; private set; }

    /// <summary>Whether what comes next is thinking.</summary>
    public bool IsThinking => _where == Where.Thinking;

    /// <summary>Takes more of the answer.</summary>
    /// <param name="ends">Whether this is all.</param>
    public IReadOnlyList<AnswerPart> Append(string text, bool ends)
    {
        _pending += text;
        var parts = new List<AnswerPart>();
        while (Step(parts, ends))
        {
        }
        return parts;
    }

    /// <returns>Whether something was decided and the rest can be looked at again.</returns>
    private bool Step(List<AnswerPart> parts, bool ends) => _where switch
    {
        Where.Start => Begin(ends),
        Where.Thinking => TakeThinking(parts, ends),
        Where.Text => TakeText(parts, ends),
        Where.Calls => TakeCall(parts, ends),
        _ => TakeBetween(ends),
    };

    private bool Begin(bool ends)
    {
        var rest = _pending.TrimStart();
        if (thinks && rest.StartsWith(Think, StringComparison.Ordinal)) return Go(Where.Thinking, rest[Think.Length..]);
        if (!ends && thinks && Think.StartsWith(rest, StringComparison.Ordinal)) return false;
        if (format is not null && string.IsNullOrWhiteSpace(format.Opening))
        {
            if (rest.Length == 0) return false;
            if (rest[0] == '{') return Go(Where.Calls, rest);
        }
        return Go(Where.Text, _skipSpace ? rest : _pending);
    }

    private bool TakeThinking(List<AnswerPart> parts, bool ends)
    {
        var end = _pending.IndexOf(EndThink, StringComparison.Ordinal);
        var certain = end >= 0 ? end : ends ? _pending.Length : _pending.Length - Overlap(_pending, EndThink);
        if (certain > 0) parts.Add(new AnswerPart { Reasoning = _pending[..certain] });
        _pending = _pending[certain..];
        if (end < 0) return false;
        _skipSpace = true;
        thinks = false;
        return Go(Where.Start, _pending[EndThink.Length..]);
    }

    private bool TakeText(List<AnswerPart> parts, bool ends)
    {
        if (_skipSpace) _pending = _pending.TrimStart();
        if (_pending.Length > 0) _skipSpace = false;
        IReadOnlyList<string> openings = format?.Openings ?? [];
        var found = openings.Select(opening => (At: _pending.IndexOf(opening, StringComparison.Ordinal), opening.Length))
            .Where(one => one.At >= 0).OrderBy(one => one.At).ToList();
        if (found.Count > 0)
        {
            Emit(parts, _pending[..found[0].At].TrimEnd());
            _opening = _pending.Substring(found[0].At, found[0].Length);
            return Go(Where.Calls, _pending[(found[0].At + found[0].Length)..]);
        }
        var held = ends ? 0 : openings.Select(opening => Overlap(_pending, opening)).DefaultIfEmpty(0).Max();
        var certain = _pending[..^held];
        // White space before a call is not part of the text; it waits for what follows.
        if (openings.Count > 0 && !(ends && !HasCalls)) certain = certain.TrimEnd();
        Emit(parts, certain);
        _pending = ends ? "" : _pending[certain.Length..];
        return false;
    }

    private bool TakeCall(List<AnswerPart> parts, bool ends)
    {
        var rest = _pending.TrimStart(format!.ArgumentsKey is null ? [' ', '\n'] : [' ', '\n', '\r', '\t', '[', ',', ';']);
        var start = rest.IndexOf('{');
        var end = start < 0 ? -1 : JsonSpan.End(rest, start);
        var isCall = format.ArgumentsKey is null || rest.Length == 0 || start == 0;
        if (isCall && end < 0 && !ends) return false;
        var call = !isCall || end < 0 ? null : format.ArgumentsKey is null ? Named(rest[..start], rest[start..end]) : Object(rest[..end]);
        if (call is null)
        {
            // What only looked like a call is what the model said.
            Emit(parts, _opening + _pending);
            return Go(Where.Text, "");
        }
        HasCalls = true;
        _opening = "";
        parts.Add(new AnswerPart { Call = call });
        return Go(Where.AfterCall, rest[end..]);
    }

    private bool TakeBetween(bool ends)
    {
        var rest = _pending.TrimStart();
        string between = format!.Between?.Trim() ?? "", closing = format.IsArray ? "]" : format.Closing.Trim();
        if (between.Length > 0 && rest.StartsWith(between, StringComparison.Ordinal)) return Go(Where.Calls, rest[between.Length..]);
        if (!ends && (rest.Length == 0 || between.StartsWith(rest, StringComparison.Ordinal))) return false;
        _skipSpace = true;
        if (closing.Length > 0 && rest.StartsWith(closing, StringComparison.Ordinal)) return Go(Where.Text, rest[closing.Length..]);
        if (!ends && closing.StartsWith(rest, StringComparison.Ordinal)) return false;
        return Go(format.ArgumentsKey is not null && rest.Length > 0 && rest[0] is '{' or ',' or ';' ? Where.Calls : Where.Text, rest);
    }

    private ToolCall? Named(string before, string arguments)
    {
        var name = before.Trim();
        var separator = format!.Separator.Trim();
        if (separator.Length > 0 && name.EndsWith(separator, StringComparison.Ordinal)) name = name[..^separator.Length].Trim();
        return name.Length > 0 ? new ToolCall(name, arguments) : null;
    }

    private ToolCall? Object(string json)
    {
        try
        {
            using var document = StrictJson.Parse(json);
            var call = document.RootElement.TryGetProperty("function", out var inner) && inner.ValueKind == JsonValueKind.Object ? inner : document.RootElement;
            if (!call.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String) return null;
            if (string.IsNullOrWhiteSpace(format!.Opening) && !offered.Contains(name.GetString()!)) return null;
            if (!call.TryGetProperty("arguments", out var arguments) && !call.TryGetProperty("parameters", out arguments))
                return new ToolCall(name.GetString()!, "{}");
            return new ToolCall(name.GetString()!, arguments.ValueKind == JsonValueKind.String ? arguments.GetString()! : arguments.GetRawText());
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private bool Go(Where where, string rest)
    {
        (_where, _pending) = (where, rest);
        return true;
    }

    private static void Emit(List<AnswerPart> parts, string text)
    {
        if (text.Length > 0) parts.Add(new AnswerPart { Content = text });
    }

    /// <summary>How many characters at the end of a text are the beginning of another.</summary>
    private static int Overlap(string text, string other)
    {
        for (var length = Math.Min(text.Length, other.Length - 1); length > 0; length--)
            if (text.EndsWith(other[..length], StringComparison.Ordinal)) return length;
        return 0;
    }
}
