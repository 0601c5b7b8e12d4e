namespace Serverless.Learning.Text.Jinja;

/// <summary>The arithmetic of expressions, as in Python, on 64-bit integers and floats.</summary>
internal static class Operators
{
    public static object? Apply(string operation, object? left, object? right, RenderBudget budget)
    {
        Refuse(left, operation);
        Refuse(right, operation);
        try
        {
            return (operation, left, right) switch
            {
                ("+", MarkedText a, MarkedText b) => new MarkedTextBuilder(budget).Append(a).Append(b).ToText(),
                ("+", JinjaMap { Printed: { } a }, MarkedText) => Apply(operation, a, right, budget),
                ("+", MarkedText, JinjaMap { Printed: { } b }) => Apply(operation, left, b, budget),
                ("+", JinjaList a, JinjaList b) => Joined(a, b, budget),
                ("*", MarkedText or JinjaList, long or bool) => Repeat(left!, Integer(right), budget),
                ("*", long or bool, MarkedText or JinjaList) => Repeat(right!, Integer(left), budget),
                (_, long or bool, long or bool) => Integers(operation, Integer(left), Integer(right)),
                (_, long or bool or double, long or bool or double) => Floats(operation, Float(left), Float(right)),
                _ => throw new JinjaError($"{PythonText.TypeName(left)} and {PythonText.TypeName(right)} cannot be combined by {operation}"),
            };
        }
        catch (OverflowException)
        {
            throw new JinjaError($"the result of {operation} exceeds 64 bits");
        }
    }

    public static object? Negate(object? value) => value switch
    {
        long number when number != long.MinValue => (object)-number,
        bool flag => flag ? -1L : 0L,
        double number => -number,
        _ => throw new JinjaError($"{PythonText.TypeName(value)} has no negative"),
    };

    /// <summary>Refuses to use a value that does not exist.</summary>
    public static void Refuse(object? value, string operation)
    {
        if (value is Undefined undefined)
            throw new JinjaError($"{undefined}, and {operation} needs its value");
    }

    // The casts keep the arms apart: their common type would be double.
    private static object Integers(string operation, long a, long b) => operation switch
    {
        "+" => (object)checked(a + b),
        "-" => checked(a - b),
        "*" => checked(a * b),
        "/" => Nonzero(b) is var divisor ? (double)a / divisor : 0,
        "//" => checked((a / Nonzero(b)) - (a % b != 0 && a < 0 != b < 0 ? 1 : 0)),
        "%" => b == -1 ? 0L : a % Nonzero(b) is var rest && rest != 0 && rest < 0 != b < 0 ? rest + b : rest,
        "**" => b < 0 ? (object)Math.Pow(a, b) : Power(a, b),
        _ => throw new InvalidOperationException($"no operator {operation}"),
    };

    private static double Floats(string operation, double a, double b) => operation switch
    {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => a / Nonzero(b),
        "//" => Math.Floor(a / Nonzero(b)),
        "%" => a - (Math.Floor(a / Nonzero(b)) * b),
        "**" => Math.Pow(a, b),
        _ => throw new InvalidOperationException($"no operator {operation}"),
    };

    private static long Power(long a, long b)
    {
        var result = 1L;
        for (; b > 0; b >>= 1)
        {
            if ((b & 1) == 1)
                result = checked(result * a);
            if (b > 1)
                a = checked(a * a);
        }
        return result;
    }

    private static T Nonzero<T>(T value)
        where T : System.Numerics.INumber<T> => T.IsZero(value) ? throw new JinjaError("division by zero") : value;

    private static JinjaList Joined(JinjaList a, JinjaList b, RenderBudget budget)
    {
        budget.Step(a.Items.Count + b.Items.Count);
        budget.List(a.Items.Count + b.Items.Count);
        return new JinjaList([.. a.Items, .. b.Items], a.IsTuple);
    }

    private static object Repeat(object value, long count, RenderBudget budget)
    {
        count = Math.Max(0, count);
        if (value is JinjaList list)
        {
            budget.Step(Bounded(list.Items.Count, count));
            budget.List(list.Items.Count * count);
            return new JinjaList([.. Enumerable.Repeat(list.Items, (int)(list.Items.Count == 0 ? 0 : count)).SelectMany(items => items)], list.IsTuple);
        }
        var text = (MarkedText)value;
        budget.Step(Bounded(text.Length, count));
        var builder = new MarkedTextBuilder(budget);
        for (var i = 0L; i < count && text.Length > 0; i++)
            builder.Append(text);
        return builder.ToText();
    }

    private static long Bounded(long length, long count) => length == 0 ? 0 : count > RenderBudget.MaxSteps / length ? RenderBudget.MaxSteps + 1L : length * count;

    private static long Integer(object? value) => value is bool flag ? (flag ? 1 : 0) : (long)value!;

    private static double Float(object? value) => value is double number ? number : Integer(value);
}
