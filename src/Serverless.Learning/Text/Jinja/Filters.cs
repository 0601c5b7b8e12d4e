namespace Serverless.Learning.Text.Jinja;

/// <summary>The filters, by name. The first positional argument of each is the value it is applied to.</summary>
internal static class Filters
{
    private delegate object? Filter(Arguments arguments, RenderBudget budget);

    private static readonly Dictionary<string, Filter> Table = new()
    {
        ["trim"] = TextFilters.Trim,
        ["upper"] = (arguments, budget) => Text(arguments.Accept("s"), budget) is var text ? TextParts.Changed(text, value => value.ToUpperInvariant(), budget) : null,
        ["lower"] = (arguments, budget) => Text(arguments.Accept("s"), budget) is var text ? TextParts.Changed(text, value => value.ToLowerInvariant(), budget) : null,
        ["title"] = TextFilters.Title,
        ["capitalize"] = (arguments, budget) => Text(arguments.Accept("s"), budget) is var text ? TextParts.Changed(text, TextParts.Capitalized, budget) : null,
        ["replace"] = TextFilters.Replace,
        ["indent"] = TextFilters.Indent,
        ["string"] = (arguments, budget) => Text(arguments.Accept("object"), budget),
        ["safe"] = (arguments, budget) => Text(arguments.Accept("value"), budget),
        ["tojson"] = (arguments, budget) => JsonOutput.Write(arguments.Positional[0], arguments, budget),
        ["wordcount"] = (arguments, budget) => (long)TextParts.Words(Text(arguments.Accept("s"), budget), -1, fromEnd: false, budget).Count,
        ["int"] = NumberFilters.Int,
        ["float"] = NumberFilters.Float,
        ["abs"] = NumberFilters.Abs,
        ["round"] = NumberFilters.Round,
        ["default"] = Default,
        ["d"] = Default,
        ["length"] = ListFilters.Length,
        ["count"] = ListFilters.Length,
        ["list"] = (arguments, budget) => new JinjaList(Sequences.Of(arguments.Accept("value").Positional[0], budget)),
        ["first"] = (arguments, budget) => Sequences.Of(arguments.Accept("seq").Positional[0], budget) is [var first, ..] ? first : new Undefined("the first of no entries"),
        ["last"] = (arguments, budget) => Sequences.Of(arguments.Accept("seq").Positional[0], budget) is [.., var last] ? last : new Undefined("the last of no entries"),
        ["items"] = ListFilters.Items,
        ["dictsort"] = ListFilters.DictSort,
        ["join"] = ListFilters.Join,
        ["reverse"] = ListFilters.Reverse,
        ["sort"] = ListFilters.Sort,
        ["unique"] = ListFilters.Unique,
        ["sum"] = ListFilters.Sum,
        ["min"] = (arguments, budget) => ListFilters.Extreme(arguments, -1, budget),
        ["max"] = (arguments, budget) => ListFilters.Extreme(arguments, 1, budget),
        ["map"] = SelectionFilters.Map,
        ["select"] = (arguments, budget) => SelectionFilters.Select(arguments, keeps: true, byAttribute: false, budget),
        ["reject"] = (arguments, budget) => SelectionFilters.Select(arguments, keeps: false, byAttribute: false, budget),
        ["selectattr"] = (arguments, budget) => SelectionFilters.Select(arguments, keeps: true, byAttribute: true, budget),
        ["rejectattr"] = (arguments, budget) => SelectionFilters.Select(arguments, keeps: false, byAttribute: true, budget),
    };

    public static bool Exists(string name) => Table.ContainsKey(name);

    public static object? Apply(string name, Arguments arguments, RenderBudget budget) =>
        Table.TryGetValue(name, out var filter) ? filter(arguments, budget) : throw new JinjaError($"the filter '{name}' is not supported");

    /// <summary>The printed form of the value a filter is applied to.</summary>
    public static MarkedText Text(Arguments arguments, RenderBudget budget) => PythonText.Str(arguments.Positional[0], budget);

    private static object? Default(Arguments arguments, RenderBudget budget)
    {
        var value = arguments.Accept("value", "default_value", "boolean").Positional[0];
        var isMissing = value is Undefined || (Equality.IsTrue(arguments.Optional(2, "boolean", false)) && !Equality.IsTrue(value));
        return isMissing ? arguments.Optional(1, "default_value", MarkedText.Empty) : value;
    }
}
