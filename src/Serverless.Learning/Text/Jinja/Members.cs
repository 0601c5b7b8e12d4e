namespace Serverless.Learning.Text.Jinja;

/// <summary>Attributes, entries and slices of values, by Jinja's rules.</summary>
internal static class Members
{
    /// <summary><c>value.name</c>: an attribute or method, else the entry of that name.</summary>
    public static object? Attribute(object? value, string name, RenderBudget budget)
    {
        // The name may be a long string of the template's making: it is written out for the refusal only.
        if (value is Undefined)
            Operators.Refuse(value, $"'.{name}'");
        return Method(value, name, budget) ?? value switch
        {
            JinjaMap map when map.TryGet((MarkedText)name, out var entry) => entry,
            Namespace space when space.Attributes.TryGetValue(name, out var attribute) => attribute,
            LoopState loop => loop.Attribute(name),
            _ => new Undefined(name),
        };
    }

    /// <summary><c>value[key]</c>: the entry, else the attribute or method of that name.</summary>
    public static object? Item(object? value, object? key, RenderBudget budget)
    {
        Operators.Refuse(value, "[]");
        if (value is JinjaMap map && Equality.Has(map, key, out var entry, budget))
            return entry;
        if (key is MarkedText name)
            return Attribute(value, name.Value, budget);
        if (key is bool flag)
            key = flag ? 1L : 0L;
        if (key is long index && value is JinjaList list)
            return Wrap(index, list.Items.Count) is { } i ? list.Items[i] : new Undefined($"[{index}]");
        if (key is long position && value is MarkedText text)
            return Wrap(position, CodePoints.Count(text, budget)) is { } i ? CodePoints.Slice(text, i, 1, budget) : new Undefined($"[{position}]");
        var printed = PythonText.Str(key, budget);
        budget.Text(printed.Length);
        return new Undefined($"[{printed}]");
    }

    /// <summary><c>value[start:stop:step]</c>, each bound optional.</summary>
    public static object? Slice(object? value, object? start, object? stop, object? step, RenderBudget budget)
    {
        Operators.Refuse(value, "[:]");
        var by = Bound(step) ?? 1;
        if (by == 0)
            throw new JinjaError("the step of a slice is 0");
        if (value is MarkedText text)
        {
            var (from, count) = Range(Bound(start), Bound(stop), by, CodePoints.Count(text, budget));
            if (by == 1)
                return CodePoints.Slice(text, (int)from, (int)count, budget);
            var characters = CodePoints.Split(text, budget);
            var builder = new MarkedTextBuilder(budget);
            for (var i = 0L; i < count; i++)
                builder.Append(characters[(int)(from + (i * by))]);
            return builder.ToText();
        }
        if (value is not JinjaList list)
            throw new JinjaError($"{PythonText.TypeName(value)} has no slices");
        var (first, length) = Range(Bound(start), Bound(stop), by, list.Items.Count);
        budget.Step(length);
        budget.List(length);
        var items = new object?[length];
        for (var i = 0L; i < length; i++)
            items[i] = list.Items[(int)(first + (i * by))];
        return new JinjaList(items, list.IsTuple);
    }

    private static Callable? Method(object? value, string name, RenderBudget budget) => value switch
    {
        MarkedText text when TextMethods.Find(name) is { } method => New(name, arguments => method(text, arguments, budget), budget),
        JinjaMap map when MapMethods.Find(name) is { } method => New(name, arguments => method(map, arguments, budget), budget),
        JinjaList when name is "append" or "extend" or "insert" or "pop" or "remove" or "clear" or "sort" or "reverse" =>
            throw new JinjaError($"lists cannot be changed by '.{name}'"),
        _ => null,
    };

    private static Callable New(string name, Func<Arguments, object?> call, RenderBudget budget)
    {
        // It is as large as an empty list and may be kept like one.
        budget.List(8);
        return new Callable(name, call);
    }

    private static int? Wrap(long index, int count)
    {
        if (index < 0)
            index += count;
        return index >= 0 && index < count ? (int)index : null;
    }

    private static long? Bound(object? value) => value switch
    {
        null => null,
        long number => Math.Clamp(number, int.MinValue, int.MaxValue),
        bool flag => flag ? 1 : 0,
        _ => throw new JinjaError($"{PythonText.TypeName(value)} is no bound of a slice"),
    };

    /// <summary>The first index and the number of entries that Python's rules for slices give.</summary>
    private static (long Start, long Count) Range(long? start, long? stop, long step, int length)
    {
        var (lowest, highest) = step > 0 ? (0L, (long)length) : (-1L, length - 1L);
        var from = start is { } s ? Math.Clamp(s < 0 ? s + length : s, lowest, highest) : step > 0 ? lowest : highest;
        var to = stop is { } e ? Math.Clamp(e < 0 ? e + length : e, lowest, highest) : step > 0 ? highest : lowest;
        var span = step > 0 ? to - from : from - to;
        return span <= 0 ? (0, 0) : (from, ((span - 1) / Math.Abs(step)) + 1);
    }
}
