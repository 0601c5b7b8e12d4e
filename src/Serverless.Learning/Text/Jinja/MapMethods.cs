namespace Serverless.Learning.Text.Jinja;

/// <summary>The methods of dictionaries.</summary>
internal static class MapMethods
{
    public static Func<JinjaMap, Arguments, object?>? Find(string name) => name switch
    {
        "get" => (map, arguments) => map.TryGet(arguments.Accept("key", "default").Required(0, "key"), out var value) ? value : arguments.Optional(1, "default"),
        "items" => (map, arguments) => Items(map, arguments.Accept()),
        "keys" => (map, arguments) => arguments.Accept() is not null ? new JinjaList(map.Keys) : null,
        "values" => (map, arguments) => arguments.Accept() is not null ? new JinjaList(map.Values) : null,
        "pop" or "update" or "clear" or "setdefault" => throw new JinjaError($"dictionaries cannot be changed by '.{name}'"),
        _ => null,
    };

    /// <summary>The entries as pairs.</summary>
    public static JinjaList Items(JinjaMap map, Arguments _) =>
        new([.. map.Entries.Select(entry => new JinjaList([entry.Key, entry.Value], isTuple: true))]);
}
