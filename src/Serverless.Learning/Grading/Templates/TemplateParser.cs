using System.Globalization;

namespace Serverless.Learning.Grading.Templates;

/// <summary>
/// Reads the inside of one pair of braces by the grammar <c>source step* "}}"</c>, where source is <c>item</c>, <c>sample.output_text</c>,
/// <c>sample.output_json</c> or <c>sample.output_tools</c>, and step is <c>.name</c>, <c>[index]</c>, <c>["name"]</c> or <c>['name']</c>; an index of -1 is the last entry.
/// </summary>
/// <param name="position">The character behind the opening braces.</param>
internal sealed class TemplateParser(string text, int position)
{
    private static readonly Dictionary<string, TemplateSource> Members = new(StringComparer.Ordinal)
    {
        ["output_text"] = TemplateSource.OutputText,
        ["output_json"] = TemplateSource.OutputJson,
        ["output_tools"] = TemplateSource.OutputTools,
    };

    /// <summary>The next character to be read; behind the closing braces in the end.</summary>
    public int Position { get; private set; } = position;

    private char Next => Position < text.Length ? text[Position] : '\0';

    /// <exception cref="TemplateError">There is something else.</exception>
    public TemplateReference Read()
    {
        SkipSpaces();
        var start = Position;
        var source = Source();
        var steps = new List<TemplateStep>();
        while (Next is '.' or '[')
            steps.Add(Next == '.' ? Member() : Entry());
        var end = Position;
        SkipSpaces();
        if (source == TemplateSource.Item && (steps.Count == 0 || steps[0].Key is null))
            throw new TemplateError(end, "found no key of the item; allowed: one, such as {{item.reference}}");
        if (source == TemplateSource.OutputText && steps.Count > 0)
            throw new TemplateError(start, "found a part of sample.output_text, which is text; allowed: {{sample.output_text}}, or a part of sample.output_json");
        if (!text.AsSpan(Position).StartsWith("}}", StringComparison.Ordinal))
            throw Unexpected("'.', '[' or '}}'");
        Position += 2;
        return new TemplateReference(text[start..end], source, steps);
    }

    private TemplateSource Source()
    {
        var start = Position;
        var name = Name("item or sample");
        if (name == "item")
            return TemplateSource.Item;
        if (name != "sample")
            throw new TemplateError(start, $"found \"{name}\"; allowed: item, sample");
        if (Next != '.')
            throw Unexpected("'.' and output_text, output_json or output_tools");
        Position++;
        start = Position;
        var member = Name(string.Join(", ", Members.Keys));
        return Members.TryGetValue(member, out var source)
            ? source
            : throw new TemplateError(start, $"found \"{member}\"; allowed: {string.Join(", ", Members.Keys)}");
    }

    private TemplateStep Member()
    {
        Position++;
        return new TemplateStep(Name("a name"), 0);
    }

    private TemplateStep Entry()
    {
        Position++;
        var step = Next is '"' or '\'' ? new TemplateStep(Quoted(Next), 0) : new TemplateStep(null, Index());
        if (Next != ']')
            throw Unexpected("']'");
        Position++;
        return step;
    }

    private string Quoted(char quote)
    {
        var end = text.IndexOf(quote, Position + 1);
        if (end < 0)
            throw new TemplateError(Position, $"found {quote} without its pair; allowed: a name in quotes");
        var name = text[(Position + 1)..end];
        Position = end + 1;
        return name;
    }

    private int Index()
    {
        var start = Position;
        if (Next == '-')
            Position++;
        while (char.IsAsciiDigit(Next))
            Position++;
        return int.TryParse(text.AsSpan(start, Position - start), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index)
            ? index
            : throw new TemplateError(start, $"found {Found(start)}; allowed: an index from 0, or from -1 for the last, or a name in quotes");
    }

    private string Name(string allowed)
    {
        var start = Position;
        while (char.IsLetterOrDigit(Next) || Next is '_' or '-')
            Position++;
        return Position > start ? text[start..Position] : throw Unexpected(allowed);
    }

    private TemplateError Unexpected(string allowed) => new(Position, $"found {Found(Position)}; allowed: {allowed}");

    private string Found(int at) => at >= text.Length ? "the end of the text" : $"'{text[at]}'";

    private void SkipSpaces()
    {
        while (char.IsWhiteSpace(Next))
            Position++;
    }
}
