namespace Serverless.Learning.Text.Jinja;

/// <summary>Filters on strings.</summary>
internal static class TextFilters
{
    public static object? Trim(Arguments arguments, RenderBudget budget) =>
        TextMethods.Strip(Filters.Text(arguments.Accept("value", "chars"), budget), arguments.OptionalText(1, "chars")?.Value, budget);

    /// <summary>Words begin after white space, a hyphen or an opening bracket.</summary>
    public static object? Title(Arguments arguments, RenderBudget budget)
    {
        var text = Filters.Text(arguments.Accept("s"), budget);
        return TextParts.Changed(text, value => TextParts.Title(value, unit => !TextParts.IsSpace(unit) && !"-({[<".Contains(unit)), budget);
    }

    public static object? Replace(Arguments arguments, RenderBudget budget) =>
        TextMethods.Replace(
            Filters.Text(arguments.Accept("s", "old", "new", "count"), budget),
            new Arguments("replace", [.. arguments.Positional.Skip(1)], arguments.Named),
            budget);

    /// <summary>Each line but the first and the blank ones, or these too, after so many spaces or a given string.</summary>
    public static object? Indent(Arguments arguments, RenderBudget budget)
    {
        var text = Filters.Text(arguments.Accept("s", "width", "first", "blank"), budget);
        var width = arguments.Optional(1, "width", 4L) as MarkedText ?? new string(' ', (int)Math.Clamp(arguments.Integer(1, "width", 4), 0, 1000));
        var (first, blank) = (Equality.IsTrue(arguments.Optional(2, "first", false)), Equality.IsTrue(arguments.Optional(3, "blank", false)));
        // A line break at the end begins one more, empty line.
        var lines = TextParts.Lines(new MarkedTextBuilder(budget).Append(text).Append("\n").ToText(), budget);
        var builder = new MarkedTextBuilder(budget);
        foreach (var (i, line) in lines.Index())
        {
            if (i > 0)
                builder.Append("\n");
            if (i == 0 ? first : blank || line.Length > 0)
                builder.Append(width);
            builder.Append(line);
        }
        return builder.ToText();
    }
}
