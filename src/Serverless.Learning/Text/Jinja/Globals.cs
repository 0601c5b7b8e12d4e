using System.Globalization;
using System.Text;

namespace Serverless.Learning.Text.Jinja;

/// <summary>The functions that every chat template may call.</summary>
internal static class Globals
{
    /// <summary>A scope with the functions in it.</summary>
    public static Scope Scope(RenderBudget budget, TimeProvider clock) => new(null)
    {
        ["raise_exception"] = new Callable("raise_exception", arguments => throw new Refusal(PythonText.Str(arguments.Required(0, "message"), budget).Value)),
        ["strftime_now"] = new Callable("strftime_now", arguments => Now(arguments.Accept("format").Text(0, "format"), budget, clock)),
        ["range"] = new Callable("range", arguments => Range(arguments.Accept("start", "stop", "step"), budget)),
        ["namespace"] = new Callable("namespace", arguments => Namespace(arguments, budget)),
        ["dict"] = new Callable("dict", arguments => Map(arguments, budget)),
    };

    private static JinjaList Range(Arguments arguments, RenderBudget budget)
    {
        var first = arguments.Integer(0, "start", 0);
        var (start, stop) = arguments.Positional.Count == 1 ? (0L, first) : (first, arguments.Integer(1, "stop", 0));
        var step = arguments.Integer(2, "step", 1);
        if (arguments.Positional.Count == 0 || step == 0)
            throw new JinjaError("range needs a stop, and a step that is not 0");
        var count = step > 0 ? ((Int128)stop - start + step - 1) / step : ((Int128)start - stop - step - 1) / -(Int128)step;
        budget.Step((long)Int128.Clamp(count, 0, RenderBudget.MaxSteps + 1));
        // An entry, and the number that it refers to.
        budget.List(count > 0 ? 4 * (long)count : 0);
        var items = new object?[count > 0 ? (int)count : 0];
        for (var i = 0; i < items.Length; i++)
            items[i] = start + (i * step);
        return new JinjaList(items);
    }

    private static Namespace Namespace(Arguments arguments, RenderBudget budget)
    {
        var space = new Namespace();
        foreach (var (key, value) in Map(arguments, budget).Entries)
            space.Attributes[((MarkedText)key).Value] = value;
        return space;
    }

    private static JinjaMap Map(Arguments arguments, RenderBudget budget)
    {
        if (arguments.Positional.Count > 1 || (arguments.Positional.Count == 1 && arguments.Positional[0] is not JinjaMap))
            throw new JinjaError($"{arguments.Callee} takes names and values, or one dictionary");
        var size = arguments.Named.Count + (arguments.Positional.Count == 1 ? ((JinjaMap)arguments.Positional[0]!).Count : 0);
        budget.Step(size);
        budget.Map(2L * size);
        var given = arguments.Positional.Count == 1 ? ((JinjaMap)arguments.Positional[0]!).Entries : [];
        return new JinjaMap([.. given, .. arguments.Named.Select(entry => KeyValuePair.Create<object, object?>((MarkedText)entry.Key, entry.Value))]);
    }

    private static MarkedText Now(MarkedText format, RenderBudget budget, TimeProvider clock)
    {
        // The longest name of a month or a day takes 9 characters, for 2 of the format.
        budget.Look(16L * format.Length);
        budget.Bytes(64L * format.Length);
        return Format(clock.GetUtcNow(), format.Value);
    }

    /// <summary>C's strftime in the C locale, with glibc's minus that leaves out leading zeros.</summary>
    private static string Format(DateTimeOffset time, string format)
    {
        var text = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                text.Append(format[i]);
                continue;
            }
            var unpadded = i + 1 < format.Length && format[i + 1] == '-';
            i += unpadded ? 2 : 1;
            var part = Part(time, i < format.Length ? format[i] : '\0');
            text.Append(unpadded && part.Length > 1 ? part.TrimStart('0') is { Length: > 0 } trimmed ? trimmed : "0" : part);
        }
        return text.ToString();
    }

    private static string Part(DateTimeOffset time, char directive)
    {
        if (directive == '%')
            return "%";
        var pattern = directive switch
        {
            'Y' => "yyyy",
            'y' => "yy",
            'm' => "MM",
            'B' => "MMMM",
            'b' or 'h' => "MMM",
            'd' => "dd",
            'A' => "dddd",
            'a' => "ddd",
            'H' => "HH",
            'I' => "hh",
            'M' => "mm",
            'S' => "ss",
            'p' => "tt",
            'F' => "yyyy-MM-dd",
            'T' => "HH:mm:ss",
            'j' => null,
            _ => throw new JinjaError($"strftime_now: the directive '%{directive}' is not supported"),
        };
        return pattern is null ? time.DayOfYear.ToString("000", CultureInfo.InvariantCulture) : time.ToString(pattern, CultureInfo.InvariantCulture);
    }
}
