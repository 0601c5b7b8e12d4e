using System.Text.Json;

namespace Serverless.Learning.Text.Reading;

/// <summary>A value inside a tokenizer.json that knows where it stands, so that every error names file and field.</summary>
internal readonly record struct TokenizerField(string File, string Path, JsonElement Value)
{
    internal bool IsNull => Value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;

    /// <summary>The string in the field <c>type</c> of an object.</summary>
    internal string Type => Required("type").Text();

    /// <summary>A member of this object; where it is missing, its value is undefined.</summary>
    internal TokenizerField Optional(string name)
    {
        Expect(JsonValueKind.Object, "an object");
        return new TokenizerField(File, Path.Length == 0 ? name : $"{Path}.{name}", Value.TryGetProperty(name, out var value) ? value : default);
    }

    /// <summary>A member of this object that must be there and not be null.</summary>
    internal TokenizerField Required(string name)
    {
        var field = Optional(name);
        return field.IsNull ? throw field.Error("missing") : field;
    }

    internal IEnumerable<TokenizerField> Items()
    {
        Expect(JsonValueKind.Array, "a list");
        var (file, path) = (File, Path);
        return Value.EnumerateArray().Select((value, index) => new TokenizerField(file, $"{path}[{index}]", value));
    }

    internal string Text()
    {
        Expect(JsonValueKind.String, "a string");
        try
        {
            return Value.GetString()!;
        }
        catch (InvalidOperationException cause)
        {
            throw new InputError($"{File} {Path}: found half of a surrogate pair; allowed: Unicode text", innerException: cause);
        }
    }

    internal int WholeNumber() =>
        Value.ValueKind == JsonValueKind.Number && Value.TryGetInt32(out var number) ? number : throw NotAllowed("a whole number");

    /// <summary>A truth value, or <paramref name="whenAbsent"/> where the field is missing or null.</summary>
    internal bool Flag(bool whenAbsent) => Value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Null or JsonValueKind.Undefined => whenAbsent,
        _ => throw NotAllowed("true, false"),
    };

    /// <summary>The error that says what was found here and what is allowed.</summary>
    internal InputError NotAllowed(string allowed)
    {
        const int Longest = 60;
        var found = Value.ValueKind switch
        {
            JsonValueKind.Undefined => "nothing",
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "a list",
            _ => Value.GetRawText() is { Length: > Longest } raw ? raw[..Longest] + "…" : Value.GetRawText(),
        };
        return Error($"found {found}; allowed: {allowed}");
    }

    internal InputError Error(string finding) => new(Path.Length == 0 ? $"{File}: {finding}" : $"{File} {Path}: {finding}");

    private void Expect(JsonValueKind kind, string allowed)
    {
        if (Value.ValueKind != kind)
            throw NotAllowed(allowed);
    }
}
