namespace Serverless.Learning.Text.Jinja;

/// <summary>The methods of strings, as in Python.</summary>
internal static class TextMethods
{
    private static readonly Dictionary<string, Func<MarkedText, Arguments, RenderBudget, object?>> Methods = new()
    {
        ["strip"] = (text, arguments, _) => Strip(text, Characters(arguments)),
        ["lstrip"] = (text, arguments, _) => Strip(text, Characters(arguments), end: false),
        ["rstrip"] = (text, arguments, _) => Strip(text, Characters(arguments), start: false),
        ["split"] = (text, arguments, budget) => Split(text, arguments.Accept("sep", "maxsplit"), budget),
        ["rsplit"] = (text, arguments, budget) => Split(text, arguments.Accept("sep", "maxsplit"), budget, fromEnd: true),
        ["splitlines"] = (text, arguments, budget) => new JinjaList(TextParts.Lines(text, budget)),
        ["startswith"] = (text, arguments, _) => Choices(arguments.Accept("prefix")).Any(part => text.Value.StartsWith(part.Value, StringComparison.Ordinal)),
        ["endswith"] = (text, arguments, _) => Choices(arguments.Accept("suffix")).Any(part => text.Value.EndsWith(part.Value, StringComparison.Ordinal)),
        ["removeprefix"] = (text, arguments, _) => Remove(text, arguments.Accept("prefix").Text(0, "prefix"), atEnd: false),
        ["removesuffix"] = (text, arguments, _) => Remove(text, arguments.Accept("suffix").Text(0, "suffix"), atEnd: true),
        ["upper"] = (text, arguments, budget) => TextParts.Changed(text, text.Value.ToUpperInvariant(), budget),
        ["lower"] = (text, arguments, budget) => TextParts.Changed(text, text.Value.ToLowerInvariant(), budget),
        ["title"] = (text, arguments, budget) => TextParts.Changed(text, TextParts.Title(text.Value, char.IsLetter), budget),
        ["capitalize"] = (text, arguments, budget) => TextParts.Changed(text, TextParts.Capitalized(text.Value), budget),
        ["replace"] = (text, arguments, budget) => Replace(text, arguments.Accept("old", "new", "count"), budget),
        ["find"] = (text, arguments, _) => Position(text, text.Value.IndexOf(Sought(arguments), StringComparison.Ordinal)),
        ["rfind"] = (text, arguments, _) => Position(text, text.Value.LastIndexOf(Sought(arguments), StringComparison.Ordinal)),
        ["count"] = (text, arguments, budget) => (long)Split(text, new Arguments("count", [arguments.Accept("sub").Text(0, "sub")], arguments.Named), budget).Items.Count - 1,
        ["join"] = (text, arguments, budget) => TextParts.Join(text, Sequences.Of(arguments.Accept("iterable").Required(0, "iterable"), budget), budget),
        ["isdigit"] = (text, arguments, _) => text.Length > 0 && text.Value.All(char.IsDigit),
        ["isalpha"] = (text, arguments, _) => text.Length > 0 && text.Value.All(char.IsLetter),
        ["isalnum"] = (text, arguments, _) => text.Length > 0 && text.Value.All(char.IsLetterOrDigit),
        ["isspace"] = (text, arguments, _) => text.Length > 0 && text.Value.All(TextParts.IsSpace),
        ["isupper"] = (text, arguments, _) => text.Value.Any(char.IsUpper) && !text.Value.Any(char.IsLower),
        ["islower"] = (text, arguments, _) => text.Value.Any(char.IsLower) && !text.Value.Any(char.IsUpper),
    };

    public static Func<MarkedText, Arguments, RenderBudget, object?>? Find(string name) => Methods.GetValueOrDefault(name);

    /// <summary>Without the given characters, or white space, at its ends.</summary>
    public static MarkedText Strip(MarkedText text, string? characters, bool start = true, bool end = true)
    {
        Func<char, bool> goes = characters is null ? TextParts.IsSpace : characters.Contains;
        var (from, to) = (0, text.Length);
        while (start && from < to && goes(text.Value[from]))
            from++;
        while (end && to > from && goes(text.Value[to - 1]))
            to--;
        return text.Slice(from, to - from);
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

    private static string Sought(Arguments arguments) => arguments.Accept("sub").Text(0, "sub").Value;

    private static long Position(MarkedText text, int unit) => unit < 0 ? -1 : CodePoints.Before(text, unit);

    private static MarkedText Remove(MarkedText text, MarkedText part, bool atEnd)
    {
        if (atEnd ? !text.Value.EndsWith(part.Value, StringComparison.Ordinal) : !text.Value.StartsWith(part.Value, StringComparison.Ordinal))
            return text;
        return text.Slice(atEnd ? 0 : part.Length, text.Length - part.Length);
    }

    private static IEnumerable<MarkedText> Choices(Arguments arguments) =>
        arguments.Positional is [JinjaList { IsTuple: true } choices]
            ? choices.Items.Select(choice => choice as MarkedText ?? throw new JinjaError($"{arguments.Callee}: {PythonText.TypeName(choice)} is no string"))
            : [arguments.Positional.Count == 1 ? arguments.Text(0, "argument") : throw new JinjaError($"{arguments.Callee} needs a string")];
}
