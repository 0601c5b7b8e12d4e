namespace Serverless.Learning.Text.Jinja;

/// <summary>The arguments of a call, a filter or a test.</summary>
/// <param name="Callee">What is called, as error messages show it.</param>
/// <param name="Positional">The arguments without name.</param>
/// <param name="Named">The arguments with a name.</param>
internal sealed record Arguments(string Callee, IReadOnlyList<object?> Positional, IReadOnlyDictionary<string, object?> Named)
{
    private static readonly Dictionary<string, object?> NoNames = [];

    /// <summary>Arguments without names.</summary>
    public static Arguments Of(string callee, params object?[] positional) => new(callee, positional, NoNames);

    /// <summary>Refuses arguments that the callee does not have.</summary>
    public Arguments Accept(params string[] names)
    {
        if (Positional.Count > names.Length)
            throw new JinjaError($"{Callee} takes at most {names.Length} arguments, not {Positional.Count}");
        foreach (var name in Named.Keys)
            if (!names.Contains(name))
                throw new JinjaError($"{Callee} has no argument '{name}'");
        return this;
    }

    /// <summary>The argument at a position or by name, or the fallback.</summary>
    public object? Optional(int position, string name, object? fallback = null) =>
        position < Positional.Count ? Positional[position] : Named.TryGetValue(name, out var value) ? value : fallback;

    /// <summary>The argument at a position or by name.</summary>
    public object? Required(int position, string name) =>
        position < Positional.Count || Named.ContainsKey(name) ? Optional(position, name) : throw new JinjaError($"{Callee} needs the argument '{name}'");

    /// <summary>A string argument.</summary>
    public MarkedText Text(int position, string name) => AsText(Required(position, name), name);

    /// <summary>A string argument, or null if it is missing or none.</summary>
    public MarkedText? OptionalText(int position, string name) => Optional(position, name) is { } value ? AsText(value, name) : null;

    /// <summary>An integer argument.</summary>
    public long Integer(int position, string name, long fallback) => Optional(position, name, fallback) switch
    {
        long number => number,
        bool flag => flag ? 1 : 0,
        var other => throw new JinjaError($"{Callee}: '{name}' is {PythonText.TypeName(other)}, not an integer"),
    };

    /// <summary>The arguments after the first ones, for a filter or test named by an argument.</summary>
    public Arguments Skip(int count, string callee) => new(callee, [.. Positional.Skip(count)], Named);

    private MarkedText AsText(object? value, string name) =>
        value as MarkedText ?? throw new JinjaError($"{Callee}: '{name}' is {PythonText.TypeName(value)}, not a string");
}
