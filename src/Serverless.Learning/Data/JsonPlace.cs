using System.Text.Json;

namespace Serverless.Learning.Data;

/// <summary>
/// A field of a line, such as <c>train.jsonl line 37, messages[2].role</c>, or of a request, whose line is empty, with the list that takes its
/// faults.
/// </summary>
internal readonly record struct JsonPlace(string Line, string Path, FaultList Faults)
{
    /// <summary>A member of the object at this place.</summary>
    public JsonPlace At(string member) => this with { Path = Path.Length == 0 ? member : $"{Path}.{member}" };

    /// <summary>An entry of the array at this place.</summary>
    public JsonPlace At(int index) => this with { Path = $"{Path}[{index}]" };

    /// <summary>Lists a fault of this place: what was found and what is allowed.</summary>
    public void Fault(string findingAndRemedy) => Faults.Add(Line.Length == 0 ? $"{Path}: {findingAndRemedy}" : $"{Line}, {Path}: {findingAndRemedy}");

    /// <summary>The member of that kind; null, with a fault listed, if it is missing or of another kind.</summary>
    public JsonElement? Required(JsonElement parent, string member, JsonValueKind kind, string allowed)
    {
        if (!parent.TryGetProperty(member, out var value))
            At(member).Fault($"found nothing{Present(parent)}; allowed: {allowed}");
        else if (value.ValueKind != kind)
            At(member).Fault($"found {Describe(value)}; allowed: {allowed}");
        else
            return value;
        return null;
    }

    /// <summary>The member of that kind; null if it is missing or null; null, with a fault listed, if it is of another kind.</summary>
    public JsonElement? Optional(JsonElement parent, string member, JsonValueKind kind, string allowed)
    {
        if (!parent.TryGetProperty(member, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        if (value.ValueKind == kind)
            return value;
        At(member).Fault($"found {Describe(value)}; allowed: {allowed}");
        return null;
    }

    /// <summary>A value in few words: a scalar as it stands, shortened, or the kind of a container.</summary>
    public static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => $"\"{Shorten(value.GetString()!)}\"",
        _ => Shorten(value.GetRawText()),
    };

    private static string Present(JsonElement parent)
    {
        var names = parent.EnumerateObject().Select(member => Shorten(member.Name)).Take(6).ToArray();
        return names.Length == 0 ? "" : $" (beside {string.Join(", ", names)})";
    }

    private static string Shorten(string text)
    {
        const int limit = 40;
        if (text.Length <= limit)
            return text;
        var length = char.IsHighSurrogate(text[limit - 1]) ? limit - 1 : limit;
        return $"{text[..length]}…";
    }
}
