namespace Serverless.Learning.Text.Jinja;

/// <summary>Variables of the template, of one round of a loop, or of one call of a macro; what is not there is sought in the scope around.</summary>
internal sealed class Scope(Scope? parent)
{
    /// <summary>Entries of a dictionary that a scope takes as much memory as, its own size included.</summary>
    public const int LikelyVariables = 4;

    private readonly Dictionary<string, object?> _variables = [];

    /// <summary>How many scopes there are, this one and those around it.</summary>
    public int Depth { get; } = parent is null ? 1 : parent.Depth + 1;

    public object? this[string name]
    {
        get
        {
            for (var scope = this; scope is not null; scope = scope.Parent)
                if (scope._variables.TryGetValue(name, out var value))
                    return value;
            return new Undefined(name);
        }
        set => _variables[name] = value;
    }

    private Scope? Parent { get; } = parent;
}
