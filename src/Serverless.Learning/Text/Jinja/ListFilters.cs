using System.Runtime.ExceptionServices;

namespace Serverless.Learning.Text.Jinja;

/// <summary>Filters on lists and dictionaries as a whole.</summary>
internal static class ListFilters
{
    public static object? Length(Arguments arguments, RenderBudget budget) => arguments.Accept("obj").Positional[0] switch
    {
        MarkedText text => (long)CodePoints.Count(text, budget),
        JinjaList list => (long)list.Items.Count,
        JinjaMap map => (long)map.Count,
        Undefined => 0L,
        var other => throw new JinjaError($"length: {PythonText.TypeName(other)} has none"),
    };

    public static object? Items(Arguments arguments, RenderBudget budget) => arguments.Accept("value").Positional[0] switch
    {
        JinjaMap map => MapMethods.Items(map, budget),
        Undefined => JinjaList.Empty,
        var other => throw new JinjaError($"items: {PythonText.TypeName(other)} is no dictionary"),
    };

    public static object? DictSort(Arguments arguments, RenderBudget budget)
    {
        arguments.Accept("value", "case_sensitive", "by", "reverse");
        var pairs = (JinjaList)Items(Arguments.Of("dictsort", arguments.Positional[0]), budget)!;
        var by = arguments.OptionalText(2, "by")?.Value is "value" ? 1 : 0;
        return Sorted(pairs.Items, pair => ((JinjaList)pair!).Items[by], arguments, caseAt: 1, reverseAt: 3, budget);
    }

    public static object? Join(Arguments arguments, RenderBudget budget)
    {
        var items = Sequences.Of(arguments.Accept("value", "d", "attribute").Positional[0], budget);
        var attribute = arguments.Optional(2, "attribute");
        return TextParts.Join(
            arguments.OptionalText(1, "d") ?? MarkedText.Empty,
            attribute is null ? items : items.Select(item => SelectionFilters.Path(item, attribute, budget)),
            budget);
    }

    public static object? Reverse(Arguments arguments, RenderBudget budget) => arguments.Accept("value").Positional[0] is MarkedText text
        ? Members.Slice(text, null, null, -1L, budget)
        : new JinjaList([.. Copied(arguments.Positional[0], budget).Reverse()]);

    public static object? Sort(Arguments arguments, RenderBudget budget)
    {
        var items = Copied(arguments.Accept("value", "reverse", "case_sensitive", "attribute").Positional[0], budget);
        var attribute = arguments.Optional(3, "attribute");
        return Sorted(items, item => attribute is null ? item : SelectionFilters.Path(item, attribute, budget), arguments, caseAt: 2, reverseAt: 1, budget);
    }

    public static object? Unique(Arguments arguments, RenderBudget budget)
    {
        arguments.Accept("value", "case_sensitive", "attribute");
        var (kept, keys) = (new List<object?>(), new List<object?>());
        foreach (var item in Copied(arguments.Positional[0], budget))
        {
            var key = Folded(arguments.Optional(2, "attribute") is { } attribute ? SelectionFilters.Path(item, attribute, budget) : item, arguments, 1, budget);
            if (keys.Any(other => Equality.AreEqual(key, other, budget)))
                continue;
            keys.Add(key);
            kept.Add(item);
        }
        return new JinjaList(kept);
    }

    public static object? Sum(Arguments arguments, RenderBudget budget)
    {
        arguments.Accept("iterable", "attribute", "start");
        var attribute = arguments.Optional(1, "attribute");
        return Sequences.Of(arguments.Positional[0], budget)
            .Select(item => attribute is null ? item : SelectionFilters.Path(item, attribute, budget))
            .Aggregate(arguments.Optional(2, "start", 0L), (sum, item) => Operators.Apply("+", sum, item, budget));
    }

    /// <summary>The smallest (sign -1) or largest (sign 1) entry, the first of equals.</summary>
    public static object? Extreme(Arguments arguments, int sign, RenderBudget budget)
    {
        arguments.Accept("value", "case_sensitive", "attribute");
        var attribute = arguments.Optional(2, "attribute");
        object? Key(object? item) => Folded(attribute is null ? item : SelectionFilters.Path(item, attribute, budget), arguments, 1, budget);
        var items = Sequences.Of(arguments.Positional[0], budget);
        return items.Count == 0
            ? new Undefined($"the {arguments.Callee} of no entries")
            : items.Aggregate((best, item) => Equality.Compare(Key(item), Key(best), budget, arguments.Callee) * sign > 0 ? item : best);
    }

    private static JinjaList Sorted(
        IReadOnlyList<object?> items, Func<object?, object?> by, Arguments arguments, int caseAt, int reverseAt, RenderBudget budget)
    {
        var comparer = Comparer<object?>.Create((a, b) => Equality.Compare(a, b, budget, arguments.Callee));
        object? Key(object? item) => Folded(by(item), arguments, caseAt, budget);
        var reverse = Equality.IsTrue(arguments.Optional(reverseAt, "reverse", false));
        try
        {
            return new JinjaList(reverse ? [.. items.OrderByDescending(Key, comparer)] : [.. items.OrderBy(Key, comparer)]);
        }
        catch (InvalidOperationException fault) when (fault.InnerException is not null)
        {
            // The runtime's sort wraps whatever a comparison throws.
            ExceptionDispatchInfo.Throw(fault.InnerException);
            throw;
        }
    }

    private static object? Folded(object? value, Arguments arguments, int caseAt, RenderBudget budget) =>
        value is MarkedText text && !Equality.IsTrue(arguments.Optional(caseAt, "case_sensitive", false))
            ? TextParts.Changed(text, characters => characters.ToLowerInvariant(), budget)
            : value;

    /// <summary>The entries of a sequence of which a list is made.</summary>
    public static IReadOnlyList<object?> Copied(object? value, RenderBudget budget)
    {
        var items = Sequences.Of(value, budget);
        // The keys of an order, the entries, and their places.
        budget.List(3L * items.Count);
        return items;
    }
}
