using System.Text.Json;

namespace Serverless.Api.Requests;

/// <summary>
/// One JSON object of a request, read field by field. Unknown fields are ignored and null counts as absent, as OpenAI has it; a wrong
/// value is refused with its full path (such as <c>messages[2].role</c>), in OpenAI's words.
/// </summary>
internal readonly struct RequestObject
{
    private readonly JsonElement _element;

    /// <param name="element">The object.</param>
    /// <param name="path">Its path in the request; empty for the body itself.</param>
    /// <exception cref="Serverless.Learning.InputError">The element is not an object.</exception>
    public RequestObject(JsonElement element, string path)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw Refusal.WrongType(path.Length == 0 ? "body" : path, "an object", Kind(element));
        _element = element;
        Path = path;
    }

    /// <summary>Where this object stands in the request; empty for the body.</summary>
    public string Path { get; }

    /// <summary>The fields as they came, in their order.</summary>
    public JsonElement.ObjectEnumerator Fields => _element.EnumerateObject();

    /// <summary>The path of one of this object's fields.</summary>
    public string PathOf(string name) => Path.Length == 0 ? name : $"{Path}.{name}";

    /// <summary>The field's value, or null when it is absent or null.</summary>
    public JsonElement? Value(string name) =>
        _element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public JsonElement RequiredValue(string name) => Value(name) ?? throw Refusal.Missing(PathOf(name));

    public string? String(string name, int minLength = 0, int maxLength = int.MaxValue) =>
        Value(name) is { } value ? TextOf(value, PathOf(name), minLength, maxLength) : null;

    public string RequiredString(string name, int minLength = 0, int maxLength = int.MaxValue) =>
        TextOf(RequiredValue(name), PathOf(name), minLength, maxLength);

    public string? OneOf(string name, IReadOnlyList<string> allowed)
    {
        var found = String(name);
        return found is null || allowed.Contains(found) ? found : throw Refusal.NotAmong(PathOf(name), found, allowed);
    }

    public bool? Boolean(string name) => Value(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } other => throw Refusal.WrongType(PathOf(name), "a boolean", Kind(other)),
    };

    public long? Integer(string name, long minimum = long.MinValue, long maximum = long.MaxValue)
    {
        if (Value(name) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var found))
            throw Refusal.WrongType(PathOf(name), "an integer", Kind(value));
        return found < minimum ? throw Refusal.IntegerBelow(PathOf(name), minimum, found)
            : found > maximum ? throw Refusal.IntegerAbove(PathOf(name), maximum, found)
            : found;
    }

    public double? Number(string name, double minimum = double.NegativeInfinity, double maximum = double.PositiveInfinity)
    {
        if (Value(name) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Number)
            throw Refusal.WrongType(PathOf(name), "a decimal", Kind(value));
        if (!value.TryGetDouble(out var found) || !double.IsFinite(found))
            throw Refusal.NotAllowed(PathOf(name), "a finite decimal", value.GetRawText());
        return found < minimum ? throw Refusal.DecimalBelow(PathOf(name), minimum, found)
            : found > maximum ? throw Refusal.DecimalAbove(PathOf(name), maximum, found)
            : found;
    }

    /// <summary>An integer, or null for <c>auto</c>.</summary>
    public int? AutoOrInteger(string name, int minimum, int maximum)
    {
        if (IsAuto(name))
            return null;
        return Value(name) is { ValueKind: JsonValueKind.Number } value
               && value.TryGetInt32(out var found) && found >= minimum && found <= maximum
            ? found
            : throw Refusal.NotAllowed(PathOf(name), $"'auto' or an integer from {minimum} to {maximum}", Value(name)!.Value.GetRawText());
    }

    /// <summary>A number above 0 and at most <paramref name="maximum"/>, or null for <c>auto</c>.</summary>
    public double? AutoOrPositive(string name, double maximum = double.PositiveInfinity)
    {
        if (IsAuto(name))
            return null;
        var allowed = double.IsInfinity(maximum) ? "'auto' or a number above 0" : $"'auto' or a number above 0 and at most {Refusal.Text(maximum)}";
        return Value(name) is { ValueKind: JsonValueKind.Number } value
               && value.TryGetDouble(out var found) && found > 0 && double.IsFinite(found) && found <= maximum
            ? found
            : throw Refusal.NotAllowed(PathOf(name), allowed, Value(name)!.Value.GetRawText());
    }

    /// <summary>A number from <paramref name="minimum"/> to <paramref name="maximum"/>, or null for <c>auto</c>.</summary>
    public double? AutoOrNumber(string name, double minimum, double maximum)
    {
        if (IsAuto(name))
            return null;
        return Value(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out var found) && found >= minimum && found <= maximum
            ? found
            : throw Refusal.NotAllowed(
                PathOf(name), $"'auto' or a number from {Refusal.Text(minimum)} to {Refusal.Text(maximum)}", Value(name)!.Value.GetRawText());
    }

    public RequestObject? Object(string name) => Value(name) is { } value ? new RequestObject(value, PathOf(name)) : null;

    /// <summary>The elements of an array of objects, or null when the field is absent.</summary>
    public IReadOnlyList<RequestObject>? Objects(string name)
    {
        if (Value(name) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Array)
            throw Refusal.WrongType(PathOf(name), "an array of objects", Kind(value));
        var path = PathOf(name);
        return [.. value.EnumerateArray().Select((element, index) => new RequestObject(element, $"{path}[{index}]"))];
    }

    private bool IsAuto(string name) =>
        Value(name) is not { } value || (value.ValueKind == JsonValueKind.String && value.ValueEquals("auto"));

    /// <summary>The text of a JSON string within its limits, counted in UTF-16 units.</summary>
    public static string TextOf(JsonElement value, string path, int minLength = 0, int maxLength = int.MaxValue)
    {
        if (value.ValueKind != JsonValueKind.String)
            throw Refusal.WrongType(path, "a string", Kind(value));
        var text = value.GetString()!;
        return text.Length < minLength ? throw Refusal.StringTooShort(path, minLength, text.Length)
            : text.Length > maxLength ? throw Refusal.StringTooLong(path, maxLength, text.Length)
            : text;
    }

    /// <summary>What OpenAI calls a value of this kind, with its article.</summary>
    public static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => value.TryGetInt64(out _) ? "an integer" : "a decimal",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        _ => "null",
    };
}
