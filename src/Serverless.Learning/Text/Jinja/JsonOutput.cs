using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;

namespace Serverless.Learning.Text.Jinja;

/// <summary>The filter <c>tojson</c> as chat templates know it: Python's <c>json.dumps</c> with <c>ensure_ascii=False</c>.</summary>
internal sealed class JsonOutput
{
    private readonly RenderBudget _budget;
    private readonly MarkedTextBuilder _builder;
    private readonly MarkedText? _indent;
    private readonly MarkedText _itemSeparator, _keySeparator;
    private readonly bool _sortKeys, _asciiOnly;

    private JsonOutput(Arguments arguments, RenderBudget budget)
    {
        arguments.Accept("value", "ensure_ascii", "indent", "separators", "sort_keys");
        _budget = budget;
        _builder = new MarkedTextBuilder(budget);
        _indent = arguments.Optional(2, "indent") switch
        {
            null => null,
            MarkedText text => text,
            _ => new string(' ', (int)Math.Clamp(arguments.Integer(2, "indent", 0), 0, 32)),
        };
        (_itemSeparator, _keySeparator) = arguments.Optional(3, "separators") switch
        {
            null => (_indent is null ? ", " : ",", ": "),
            JinjaList { Items: [MarkedText item, MarkedText key] } => (item, key),
            var other => throw new JinjaError($"tojson: 'separators' is {PythonText.TypeName(other)}, not a pair of strings"),
        };
        _sortKeys = Equality.IsTrue(arguments.Optional(4, "sort_keys", false));
        _asciiOnly = Equality.IsTrue(arguments.Optional(1, "ensure_ascii", false));
    }

    /// <summary>The value as JSON; strings that come from the conversation stay marked, quotes and all.</summary>
    public static MarkedText Write(object? value, Arguments arguments, RenderBudget budget)
    {
        var output = new JsonOutput(arguments, budget);
        output.Append(value, level: 0);
        return output._builder.ToText();
    }

    private void Append(object? value, int level)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        _budget.Step();
        switch (value)
        {
            case MarkedText text:
                _builder.Append(Quoted(text));
                break;
            case JinjaList list:
                Enclose("[", "]", list.Items, level, item => Append(item, level + 1));
                break;
            case JinjaMap map:
                _budget.List(2L * map.Count);
                if (_sortKeys)
                    _budget.Look(map.Keys.Sum(key => (long)Key(key).Length) * (BitOperations.Log2((uint)map.Count | 1) + 1));
                var entries = _sortKeys ? map.Entries.OrderBy(entry => Key(entry.Key).Value, StringComparer.Ordinal) : map.Entries;
                Enclose("{", "}", [.. entries], level, entry =>
                {
                    _builder.Append(Quoted(Key(entry.Key))).Append(_keySeparator);
                    Append(entry.Value, level + 1);
                });
                break;
            default:
                _builder.Append(Scalar(value));
                break;
        }
    }

    private void Enclose<T>(string open, string close, IReadOnlyList<T> items, int level, Action<T> append)
    {
        _builder.Append(open);
        foreach (var (i, item) in items.Index())
        {
            if (i > 0)
                _builder.Append(_itemSeparator);
            BreakLine(level + 1);
            append(item);
        }
        if (items.Count > 0)
            BreakLine(level);
        _builder.Append(close);
    }

    private void BreakLine(int level)
    {
        if (_indent is null)
            return;
        _builder.Append("\n");
        for (var i = 0; i < level; i++)
            _builder.Append(_indent);
    }

    private static MarkedText Key(object key) => key as MarkedText ?? Scalar(key);

    private static string Scalar(object? value) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        long number => number.ToString(CultureInfo.InvariantCulture),
        BigInteger number => number.ToString(CultureInfo.InvariantCulture),
        double number => double.IsFinite(number) ? PythonText.Float(number) : double.IsNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity",
        _ => throw new JinjaError($"tojson: {PythonText.TypeName(value)} has no JSON"),
    };

    private MarkedText Quoted(MarkedText text)
    {
        _budget.Look(4L * text.Length);
        _budget.Text(4L * text.Length);
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var unit in text.Value)
            _ = unit switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append(@"\\"),
                '\n' => quoted.Append(@"\n"),
                '\r' => quoted.Append(@"\r"),
                '\t' => quoted.Append(@"\t"),
                '\b' => quoted.Append(@"\b"),
                '\f' => quoted.Append(@"\f"),
                < ' ' => Escaped(quoted, unit),
                > '~' when _asciiOnly => Escaped(quoted, unit),
                _ => quoted.Append(unit),
            };
        var value = quoted.Append('"').ToString();
        return text.Marks.Count == 0 ? value : MarkedText.From(value, text.Marks[0].Source);
    }

    private static StringBuilder Escaped(StringBuilder quoted, char unit) => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
}
