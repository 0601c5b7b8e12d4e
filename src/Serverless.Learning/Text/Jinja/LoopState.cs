namespace Serverless.Learning.Text.Jinja;

/// <summary>The variable <c>loop</c>.</summary>
internal sealed class LoopState(IReadOnlyList<object?> items, RenderBudget budget)
{
    private object? _watched;
    private bool _watching;

    /// <summary>The current entry, from 0.</summary>
    public int Index { get; set; }

    /// <summary>The value of an attribute.</summary>
    public object? Attribute(string name) => name switch
    {
        "index" => Index + 1L,
        "index0" => (long)Index,
        "revindex" => (long)(items.Count - Index),
        "revindex0" => (long)(items.Count - Index - 1),
        "first" => Index == 0,
        "last" => Index == items.Count - 1,
        "length" => (long)items.Count,
        // Only recursive loops, which are not supported, count deeper.
        "depth" => 1L,
        "depth0" => 0L,
        "previtem" => Index > 0 ? items[Index - 1] : new Undefined("loop.previtem"),
        "nextitem" => Index + 1 < items.Count ? items[Index + 1] : new Undefined("loop.nextitem"),
        "cycle" => new Callable("loop.cycle", Cycle),
        "changed" => new Callable("loop.changed", Changed),
        _ => new Undefined($"loop.{name}"),
    };

    private object? Cycle(Arguments arguments) => arguments.Positional.Count == 0
        ? throw new JinjaError("loop.cycle needs an argument")
        : arguments.Positional[Index % arguments.Positional.Count];

    private object? Changed(Arguments arguments)
    {
        var value = new JinjaList(arguments.Positional);
        var same = _watching && Equality.AreEqual(_watched, value, budget);
        (_watched, _watching) = (value, true);
        return !same;
    }
}
