namespace Serverless.Learning.Text.Jinja;

/// <summary>The methods of dictionaries.</summary>
internal static class MapMethods
{
    public static Func<JinjaMap, Arguments, RenderBudget, object?>? Find(string name) => name switch
    {
        "get" => (map, arguments, budget) =>
            Equality.Has(map, arguments.Accept("key", "default").Required(0, "key"), out var value, budget) ? value : arguments.Optional(1, "default"),
        "items" => (map, arguments, budget) => arguments.Accept() is not null ? Items(map, budget) : null,
        "keys" => (map, arguments, _) => arguments.Accept() is not null ? new JinjaList(map.Keys) : null,
        "values" => (map, arguments, _) => arguments.Accept() is not null ? new JinjaList(map.Values) : null,
        "pop" or "update" or "clear" or "setdefault" => throw new JinjaError($"dictionaries cannot be changed by '.{name}'"),
        _ => null,
    };

    /// <summary>The entries as pairs.</summary>
    public static JinjaList Items(JinjaMap map, RenderBudget budget)
    {
        budget.Step(map.Count);
        budget.List(16L * map.Count);
        return new([.. map.Entries.Select(entry => new JinjaList([entry.Key, entry.Value], isTuple: true))]);
    }
}
