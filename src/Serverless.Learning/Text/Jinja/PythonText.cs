using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;

namespace Serverless.Learning.Text.Jinja;

/// <summary>Values as Python prints them (<c>str</c> and <c>repr</c>): templates are written for it.</summary>
internal static class PythonText
{
    /// <summary>What an output statement, the operator ~ and the filter string make of a value.</summary>
    public static MarkedText Str(object? value, RenderBudget budget) => value switch
    {
        MarkedText text => text,
        Undefined => MarkedText.Empty,
        JinjaMap { Printed: { } printed } => printed,
        JinjaList or JinjaMap => AppendRepr(new MarkedTextBuilder(budget), value, budget).ToText(),
        _ => Scalar(value),
    };

    /// <summary>A type's name, with its article, for messages.</summary>
    public static string TypeName(object? value) => value switch
    {
        null => "none",
        Undefined undefined => $"undefined ('{undefined.Name}')",
        bool => "a boolean",
        long or BigInteger => "an integer",
        double => "a float",
        MarkedText => "a string",
        JinjaList list => list.IsTuple ? "a tuple" : "a list",
        JinjaMap => "a dictionary",
        Namespace => "a namespace",
        LoopState => "a loop",
        Callable => "a function",
        _ => throw new InvalidOperationException($"{value.GetType()} is no value of a template"),
    };

    /// <summary>The shortest digits that read back as the same number, laid out as Python does.</summary>
    public static string Float(double value)
    {
        if (double.IsNaN(value))
            return "nan";
        if (double.IsInfinity(value))
            return value > 0 ? "inf" : "-inf";
        var shortest = value.ToString("R", CultureInfo.InvariantCulture);
        var digits = Digits(shortest);
        var exponent = value == 0 ? 0 : Exponent(shortest);
        var sign = shortest[0] == '-' ? "-" : "";
        if (exponent is < -4 or >= 16)
            return $"{sign}{digits[0]}{(digits.Length > 1 ? "." + digits[1..] : "")}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        if (exponent < 0)
            return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        digits = digits.PadRight(exponent + 1, '0');
        return $"{sign}{digits[..(exponent + 1)]}.{(digits.Length > exponent + 1 ? digits[(exponent + 1)..] : "0")}";
    }

    private static string Scalar(object? value) => value switch
    {
        null => "None",
        bool flag => flag ? "True" : "False",
        long number => number.ToString(CultureInfo.InvariantCulture),
        BigInteger number => number.ToString(CultureInfo.InvariantCulture),
        double number => Float(number),
        _ => $"<{TypeName(value)}>",
    };

    private static MarkedTextBuilder AppendRepr(MarkedTextBuilder builder, object? value, RenderBudget budget)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        budget.Step();
        switch (value)
        {
            case MarkedText text:
                budget.Look(4L * text.Length);
                return builder.Append(Quoted(text, budget));
            case JinjaList list:
                builder.Append(list.IsTuple ? "(" : "[");
                for (var i = 0; i < list.Items.Count; i++)
                    AppendRepr(i == 0 ? builder : builder.Append(", "), list.Items[i], budget);
                return builder.Append(list.IsTuple ? list.Items.Count == 1 ? ",)" : ")" : "]");
            case JinjaMap map:
                builder.Append("{");
                foreach (var (i, (key, entry)) in map.Entries.Index())
                    AppendRepr(AppendRepr(i == 0 ? builder : builder.Append(", "), key, budget).Append(": "), entry, budget);
                return builder.Append("}");
            default:
                return builder.Append(value is Undefined ? "Undefined" : Scalar(value));
        }
    }

    private static MarkedText Quoted(MarkedText text, RenderBudget budget)
    {
        budget.Text(4L * text.Length);
        var quote = text.Value.Contains('\'') && !text.Value.Contains('"') ? '"' : '\'';
        var quoted = new StringBuilder().Append(quote);
        foreach (var rune in text.Value.EnumerateRunes())
            _ = rune.Value switch
            {
                '\\' => quoted.Append(@"\\"),
                '\n' => quoted.Append(@"\n"),
                '\r' => quoted.Append(@"\r"),
                '\t' => quoted.Append(@"\t"),
                var code when code == quote => quoted.Append('\\').Append(quote),
                < 32 or (>= 127 and < 161) or 0xAD => quoted.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}"),
                _ when rune.IsBmp => quoted.Append((char)rune.Value),
                _ => quoted.Append(rune.ToString()),
            };
        var value = quoted.Append(quote).ToString();
        return text.Marks.Count == 0 ? value : MarkedText.From(value, text.Marks[0].Source);
    }

    private static string Digits(string shortest)
    {
        var mantissa = shortest.Split('E')[0].Replace("-", "", StringComparison.Ordinal);
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal).TrimStart('0');
        if (digits.TrimEnd('0') is { Length: > 0 } trimmed)
            return trimmed;
        return "0";
    }

    private static int Exponent(string shortest)
    {
        var parts = shortest.Split('E');
        var mantissa = parts[0].TrimStart('-');
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? mantissa : mantissa[..point];
        var scale = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
        if (whole.TrimStart('0') is { Length: > 0 } significant)
            return scale + significant.Length - 1;
        var fraction = mantissa[(point + 1)..];
        return scale - (fraction.Length - fraction.TrimStart('0').Length) - 1;
    }
}
