using System.Text.Json;

namespace Serverless.Learning.Text.Reading;

/// <summary>A value inside a tokenizer.json that knows where it stands, so that every error names file and field.</summary>
internal readonly record struct TokenizerField(string File, string Path, JsonElement Value)
{
    // Published files have five at most; each takes its time for every text.
    private const int MostSteps = 64;

    /// <summary>The file and the field, for errors.</summary>
    internal string Place => Path.Length == 0 ? File : $"{File} {Path}";

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

    /// <summary>The steps that this one stands for: itself, or those of a <c>Sequence</c> and of the sequences in it, in their order.</summary>
    /// <param name="list">What a sequence calls the list of its steps.</param>
    internal IReadOnlyList<TokenizerField> Steps(string list)
    {
        var steps = new List<TokenizerField>();
        Add(this);
        return steps;

        void Add(TokenizerField step)
        {
            if (step.Type == "Sequence")
                foreach (var inner in step.Required(list).Items())
                    Add(inner);
            else if (steps.Count == MostSteps)
                throw step.Error($"found a step more; allowed: {MostSteps}");
            else
                steps.Add(step);
        }
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
            throw new InputError($"{Place}: found half of a surrogate pair; allowed: Unicode text", innerException: cause);
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

    internal InputError Error(string finding) => new($"{Place}: {finding}");

    private void Expect(JsonValueKind kind, string allowed)
    {
        if (Value.ValueKind != kind)
            throw NotAllowed(allowed);
    }
}
