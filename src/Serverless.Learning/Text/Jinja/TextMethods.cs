namespace Serverless.Learning.Text.Jinja;

/// <summary>The methods of strings, as in Python.</summary>
internal static class TextMethods
{
    private static readonly Dictionary<string, Func<MarkedText, Arguments, RenderBudget, object?>> Methods = new()
    {
        ["strip"] = (text, arguments, budget) => Strip(text, Characters(arguments), budget),
        ["lstrip"] = (text, arguments, budget) => Strip(text, Characters(arguments), budget, end: false),
        ["rstrip"] = (text, arguments, budget) => Strip(text, Characters(arguments), budget, start: false),
        ["split"] = (text, arguments, budget) => Split(text, arguments.Accept("sep", "maxsplit"), budget),
        ["rsplit"] = (text, arguments, budget) => Split(text, arguments.Accept("sep", "maxsplit"), budget, fromEnd: true),
        ["splitlines"] = (text, arguments, budget) => new JinjaList(TextParts.Lines(text, budget)),
        ["startswith"] = (text, arguments, budget) => Choices(arguments.Accept("prefix")).Any(part => StartsWith(text, part, budget)),
        ["endswith"] = (text, arguments, budget) => Choices(arguments.Accept("suffix")).Any(part => EndsWith(text, part, budget)),
        ["removeprefix"] = (text, arguments, budget) => Remove(text, arguments.Accept("prefix").Text(0, "prefix"), budget, atEnd: false),
        ["removesuffix"] = (text, arguments, budget) => Remove(text, arguments.Accept("suffix").Text(0, "suffix"), budget, atEnd: true),
        ["upper"] = (text, arguments, budget) => TextParts.Changed(text, value => value.ToUpperInvariant(), budget),
        ["lower"] = (text, arguments, budget) => TextParts.Changed(text, value => value.ToLowerInvariant(), budget),
        ["title"] = (text, arguments, budget) => TextParts.Changed(text, value => TextParts.Title(value, char.IsLetter), budget),
        ["capitalize"] = (text, arguments, budget) => TextParts.Changed(text, TextParts.Capitalized, budget),
        ["replace"] = (text, arguments, budget) => Replace(text, arguments.Accept("old", "new", "count"), budget),
        ["find"] = (text, arguments, budget) => Position(text, arguments, (value, sought) => value.IndexOf(sought, StringComparison.Ordinal), budget),
        ["rfind"] = (text, arguments, budget) => Position(text, arguments, (value, sought) => value.LastIndexOf(sought, StringComparison.Ordinal), budget),
        ["count"] = (text, arguments, budget) => (long)Split(text, new Arguments("count", [arguments.Accept("sub").Text(0, "sub")], arguments.Named), budget).Items.Count - 1,
        ["join"] = (text, arguments, budget) => TextParts.Join(text, Sequences.Of(arguments.Accept("iterable").Required(0, "iterable"), budget), budget),
        ["isdigit"] = (text, arguments, budget) => text.Length > 0 && Seen(text, budget).All(char.IsDigit),
        ["isalpha"] = (text, arguments, budget) => text.Length > 0 && Seen(text, budget).All(char.IsLetter),
        ["isalnum"] = (text, arguments, budget) => text.Length > 0 && Seen(text, budget).All(char.IsLetterOrDigit),
        ["isspace"] = (text, arguments, budget) => text.Length > 0 && Seen(text, budget).All(TextParts.IsSpace),
        ["isupper"] = (text, arguments, budget) => Seen(text, budget).Any(char.IsUpper) && !text.Value.Any(char.IsLower),
        ["islower"] = (text, arguments, budget) => Seen(text, budget).Any(char.IsLower) && !text.Value.Any(char.IsUpper),
    };

    public static Func<MarkedText, Arguments, RenderBudget, object?>? Find(string name) => Methods.GetValueOrDefault(name);

    /// <summary>Without the given characters, or white space, at its ends.</summary>
    public static MarkedText Strip(MarkedText text, string? characters, RenderBudget budget, bool start = true, bool end = true)
    {
        bool Goes(char unit)
        {
            budget.Look(1 + ((characters?.Length ?? 0) / 8));
            return characters is null ? TextParts.IsSpace(unit) : characters.Contains(unit);
        }
        var (from, to) = (0, text.Length);
        while (start && from < to && Goes(text.Value[from]))
            from++;
        while (end && to > from && Goes(text.Value[to - 1]))
            to--;
        return text.Slice(from, to - from, budget);
    }

    /// <summary>With the first occurrences of a string replaced by another.</summary>
    public static MarkedText Replace(MarkedText text, Arguments arguments, RenderBudget budget)
    {
        var (old, replacement) = (arguments.Text(0, "old"), arguments.Text(1, "new"));
        if (old.Length == 0)
            throw new JinjaError("replace: 'old' is empty");
        // Jinja's filter says "none", Python's method -1 for all of them.
        var limit = arguments.Optional(2, "count") is null ? -1 : arguments.Integer(2, "count", -1);
        var parts = TextParts.Split(text, old, limit, fromEnd: false, budget);
        return parts.Count == 1 ? text : TextParts.Join(replacement, parts, budget);
    }

    private static JinjaList Split(MarkedText text, Arguments arguments, RenderBudget budget, bool fromEnd = false)
    {
        var limit = arguments.Integer(1, "maxsplit", -1);
        if (arguments.OptionalText(0, "sep") is not { } separator)
            return new JinjaList(TextParts.Words(text, limit, fromEnd, budget));
        if (separator.Length == 0)
            throw new JinjaError($"{arguments.Callee}: the separator is empty");
        return new JinjaList(TextParts.Split(text, separator, limit, fromEnd, budget));
    }

    private static string? Characters(Arguments arguments) => arguments.Accept("chars").OptionalText(0, "chars")?.Value;

    /// <summary>The characters, all of which may be looked at twice.</summary>
    private static string Seen(MarkedText text, RenderBudget budget)
    {
        budget.Look(2L * text.Length);
        return text.Value;
    }

    private static long Position(MarkedText text, Arguments arguments, Func<string, string, int> find, RenderBudget budget)
    {
        var sought = arguments.Accept("sub").Text(0, "sub");
        budget.Search(text.Length, sought.Length);
        return find(text.Value, sought.Value) is var unit and >= 0 ? CodePoints.Before(text, unit, budget) : -1;
    }

    private static bool StartsWith(MarkedText text, MarkedText part, RenderBudget budget)
    {
        budget.Look(Math.Min(text.Length, part.Length));
        return text.Value.StartsWith(part.Value, StringComparison.Ordinal);
    }

    private static bool EndsWith(MarkedText text, MarkedText part, RenderBudget budget)
    {
        budget.Look(Math.Min(text.Length, part.Length));
        return text.Value.EndsWith(part.Value, StringComparison.Ordinal);
    }

    private static MarkedText Remove(MarkedText text, MarkedText part, RenderBudget budget, bool atEnd)
    {
        if (atEnd ? !EndsWith(text, part, budget) : !StartsWith(text, part, budget))
            return text;
        return text.Slice(atEnd ? 0 : part.Length, text.Length - part.Length, budget);
    }

    private static IEnumerable<MarkedText> Choices(Arguments arguments) =>
        arguments.Positional is [JinjaList { IsTuple: true } choices]
            ? choices.Items.Select(choice => choice as MarkedText ?? throw new JinjaError($"{arguments.Callee}: {PythonText.TypeName(choice)} is no string"))
            : [arguments.Positional.Count == 1 ? arguments.Text(0, "argument") : throw new JinjaError($"{arguments.Callee} needs a string")];
}
