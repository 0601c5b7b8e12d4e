using System.Globalization;

namespace Serverless.Learning.Text.Jinja;

/// <summary>Filters that apply an attribute, a filter or a test to each entry.</summary>
internal static class SelectionFilters
{
    /// <summary><c>map(attribute="path", default=x)</c> or <c>map("filter", arguments…)</c>.</summary>
    public static object? Map(Arguments arguments, RenderBudget budget)
    {
        var items = ItemsOf(arguments, budget);
        if (arguments.Positional.Count == 1 && arguments.Named.TryGetValue("attribute", out var attribute))
        {
            arguments.Accept("value", "attribute", "default");
            var hasDefault = arguments.Named.TryGetValue("default", out var fallback);
            return new JinjaList([.. items.Select(item => Path(item, attribute, budget) is var value && value is Undefined && hasDefault ? fallback : value)]);
        }
        var name = arguments.Text(1, "filter").Value;
        return new JinjaList([.. items.Select(item => Filters.Apply(name, On(item, name, arguments, 2), budget))]);
    }

    /// <summary><c>select("test", arguments…)</c>, <c>selectattr("path", "test", arguments…)</c> and their opposites; without test, what is true.</summary>
    public static object? Select(Arguments arguments, bool keeps, bool byAttribute, RenderBudget budget)
    {
        var attribute = byAttribute ? arguments.Required(1, "attribute") : null;
        var testAt = byAttribute ? 2 : 1;
        bool Holds(object? item)
        {
            var value = byAttribute ? Path(item, attribute, budget) : item;
            if (arguments.Positional.Count <= testAt)
                return Equality.IsTrue(value);
            var name = arguments.Text(testAt, "test").Value;
            return TypeTests.Holds(name, On(value, name, arguments, testAt + 1), budget);
        }
        return new JinjaList([.. ItemsOf(arguments, budget).Where(item => Holds(item) == keeps)]);
    }

    /// <summary>What a path such as <c>function.name</c> or <c>0</c> leads to; only its last step may be undefined.</summary>
    public static object? Path(object? value, object? path, RenderBudget budget)
    {
        if (path is not MarkedText text)
            return Members.Item(value, path, budget);
        budget.Bytes(64L * text.Length);
        foreach (var step in text.Value.Split('.'))
            value = Members.Item(value, long.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : (MarkedText)step, budget);
        return value;
    }

    /// <summary>The entries; none of what is false, even where that cannot be iterated over.</summary>
    private static IReadOnlyList<object?> ItemsOf(Arguments arguments, RenderBudget budget) =>
        Equality.IsTrue(arguments.Positional[0]) ? ListFilters.Copied(arguments.Positional[0], budget) : [];

    private static Arguments On(object? item, string callee, Arguments arguments, int skipped) =>
        new(callee, [item, .. arguments.Positional.Skip(skipped)], arguments.Named);
}
