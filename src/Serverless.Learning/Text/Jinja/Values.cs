namespace Serverless.Learning.Text.Jinja;

// A value of a template is one of: null (none), Undefined, bool, long, double, BigInteger, MarkedText, JinjaList, JinjaMap, Namespace,
// LoopState, Callable.

/// <summary>What a name, attribute or entry is that does not exist; it prints as nothing, is false, and cannot be used otherwise.</summary>
internal sealed record Undefined(string Name)
{
    public override string ToString() => $"'{Name}' is undefined";
}

/// <summary>A list or a tuple; never changed after it was made.</summary>
internal sealed class JinjaList(IReadOnlyList<object?> items, bool isTuple = false)
{
    public static JinjaList Empty { get; } = new([]);

    public IReadOnlyList<object?> Items { get; } = items;

    public bool IsTuple { get; } = isTuple;
}

/// <summary>A dictionary in order of insertion, with strings, numbers and booleans as keys; never changed after it was made.</summary>
internal sealed class JinjaMap
{
    private readonly OrderedDictionary<object, object?> _entries;

    /// <param name="entries">Keys and values; of equal keys the last one counts.</param>
    /// <param name="printed">What it prints as, where that is not Python's form.</param>
    public JinjaMap(IEnumerable<KeyValuePair<object, object?>> entries, MarkedText? printed = null)
    {
        Printed = printed;
        _entries = [];
        foreach (var (key, value) in entries)
            _entries[key] = value;
    }

    /// <summary>
    /// The JSON that a call's arguments arrived as: some templates print arguments as a dictionary, through <c>tojson</c>, others take them for a string.
    /// </summary>
    public MarkedText? Printed { get; }

    public int Count => _entries.Count;

    public IReadOnlyList<object> Keys => _entries.Keys;

    public IReadOnlyList<object?> Values => _entries.Values;

    public IEnumerable<KeyValuePair<object, object?>> Entries => _entries;

    public bool TryGet(object? key, out object? value)
    {
        if (Key(key) is { } found)
            return _entries.TryGetValue(found, out value);
        value = null;
        return false;
    }

    /// <summary>The form in which a value is a key (1, 1.0 and true are the same one), or null if it cannot be one.</summary>
    public static object? Key(object? value) => value switch
    {
        MarkedText => value,
        bool flag => flag ? 1L : 0L,
        double number when Math.Abs(number) < 1e15 && Math.Floor(number) == number => (long)number,
        long or double => value,
        _ => null,
    };
}

/// <summary>The one value whose attributes a template may set.</summary>
internal sealed class Namespace
{
    public Dictionary<string, object?> Attributes { get; } = [];
}

/// <summary>A function, macro or method.</summary>
/// <param name="Name">As error messages show it.</param>
internal sealed record Callable(string Name, Func<Arguments, object?> Call);
