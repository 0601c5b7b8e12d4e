using System.Globalization;

namespace Serverless.Learning.Text.Jinja;

/// <summary>Filters on numbers, and those that make them.</summary>
internal static class NumberFilters
{
    public static object? Int(Arguments arguments, RenderBudget budget)
    {
        var (value, fallback) = (arguments.Accept("value", "default", "base").Positional[0], arguments.Optional(1, "default", 0L));
        if (value is MarkedText digits)
            budget.Look(4L * digits.Length);
        var radix = arguments.Integer(2, "base", 10);
        if (radix != 10)
            throw new JinjaError($"int: base {radix} is not supported");
        return value switch
        {
            long => value,
            bool flag => flag ? 1L : 0L,
            double number when Math.Abs(number) < 9e18 => (long)number,
            MarkedText text when long.TryParse(text.Value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var parsed) => parsed,
            MarkedText text when Parsed(text) is { } parsed && Math.Abs(parsed) < 9e18 => (long)parsed,
            _ => fallback,
        };
    }

    public static object? Float(Arguments arguments, RenderBudget budget)
    {
        var (value, fallback) = (arguments.Accept("value", "default").Positional[0], arguments.Optional(1, "default", 0.0));
        if (value is MarkedText digits)
            budget.Look(2L * digits.Length);
        return value switch
        {
            double => value,
            long number => (double)number,
            bool flag => flag ? 1.0 : 0.0,
            MarkedText text when Parsed(text) is { } parsed => parsed,
            _ => fallback,
        };
    }

    public static object? Abs(Arguments arguments, RenderBudget budget) => arguments.Accept("x").Positional[0] switch
    {
        long number when number != long.MinValue => (object)Math.Abs(number),
        double number => Math.Abs(number),
        var other => throw new JinjaError($"abs: {PythonText.TypeName(other)} is no number"),
    };

    public static object? Round(Arguments arguments, RenderBudget budget)
    {
        arguments.Accept("value", "precision", "method");
        var digits = (int)Math.Clamp(arguments.Integer(1, "precision", 0), 0, 15);
        var method = arguments.OptionalText(2, "method")?.Value ?? "common";
        if (arguments.Positional[0] is long && method == "common")
            return arguments.Positional[0];
        var number = arguments.Positional[0] switch
        {
            long integer => (double)integer,
            double fraction => fraction,
            var other => throw new JinjaError($"round: {PythonText.TypeName(other)} is no number"),
        };
        var scale = Math.Pow(10, digits);
        return method switch
        {
            "common" => Math.Round(number, digits, MidpointRounding.ToEven),
            "ceil" => Math.Ceiling(number * scale) / scale,
            "floor" => Math.Floor(number * scale) / scale,
            _ => throw new JinjaError($"round: 'method' is '{method}', not common, ceil or floor"),
        };
    }

    private static double? Parsed(MarkedText text) =>
        double.TryParse(text.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) ? parsed : null;
}
