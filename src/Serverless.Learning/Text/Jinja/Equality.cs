using System.Numerics;
using System.Runtime.CompilerServices;

namespace Serverless.Learning.Text.Jinja;

/// <summary>Truth, equality, order and membership as in Python.</summary>
internal static class Equality
{
    public static bool IsTrue(object? value) => value switch
    {
        null or Undefined => false,
        bool flag => flag,
        long number => number != 0,
        double number => number != 0,
        BigInteger number => !number.IsZero,
        MarkedText text => text.Length > 0,
        JinjaList list => list.Items.Count > 0,
        JinjaMap map => map.Count > 0,
        _ => true,
    };

    public static bool AreEqual(object? left, object? right, RenderBudget budget)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        budget.Step();
        return (left, right) switch
        {
            (null, null) => true,
            (Undefined, Undefined) => true,
            (MarkedText a, MarkedText b) => AreEqual(a, b, budget),
            (JinjaList a, JinjaList b) => a.Items.Count == b.Items.Count && a.IsTuple == b.IsTuple
                && a.Items.Zip(b.Items).All(pair => AreEqual(pair.First, pair.Second, budget)),
            (JinjaMap a, JinjaMap b) => a.Count == b.Count
                && a.Entries.All(entry => Has(b, entry.Key, out var other, budget) && AreEqual(entry.Value, other, budget)),
            _ when IsNumber(left) && IsNumber(right) => CompareNumbers(left!, right!) == 0,
            _ => left is not null && ReferenceEquals(left, right),
        };
    }

    /// <summary>Negative, 0 or positive, as left is smaller, equal or larger.</summary>
    public static int Compare(object? left, object? right, RenderBudget budget, string operation = "<")
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        budget.Step();
        if (IsNumber(left) && IsNumber(right))
            return CompareNumbers(left!, right!);
        if (left is MarkedText a && right is MarkedText b)
            return CompareText(a.Value, b.Value, budget);
        if (left is JinjaList first && right is JinjaList second)
        {
            foreach (var (x, y) in first.Items.Zip(second.Items))
                if (!AreEqual(x, y, budget))
                    return Compare(x, y, budget, operation);
            return first.Items.Count.CompareTo(second.Items.Count);
        }
        throw new JinjaError($"{PythonText.TypeName(left)} and {PythonText.TypeName(right)} cannot be compared by {operation}");
    }

    public static bool Contains(object? container, object? item, RenderBudget budget) => container switch
    {
        MarkedText text => item is MarkedText part
            ? Contains(text, part, budget)
            : throw new JinjaError($"a string is searched for {PythonText.TypeName(item)}, not for a string"),
        JinjaList list => list.Items.Any(entry => AreEqual(entry, item, budget)),
        JinjaMap map => Has(map, item, out _, budget),
        Undefined => false,
        _ => throw new JinjaError($"{PythonText.TypeName(container)} cannot be searched by in"),
    };

    public static bool IsNumber(object? value) => value is long or double or bool or BigInteger;

    /// <summary>The entry of a dictionary.</summary>
    public static bool Has(JinjaMap map, object? key, out object? value, RenderBudget budget)
    {
        budget.Hash(key);
        return map.TryGet(key, out value);
    }

    private static bool AreEqual(MarkedText left, MarkedText right, RenderBudget budget)
    {
        if (left.Length == right.Length)
            budget.Look(left.Length);
        return left.Equals(right);
    }

    private static bool Contains(MarkedText text, MarkedText part, RenderBudget budget)
    {
        budget.Search(text.Length, part.Length);
        return text.Value.Contains(part.Value, StringComparison.Ordinal);
    }

    /// <summary>Strings in order of their code points: surrogates are sorted behind all other units.</summary>
    private static int CompareText(string left, string right, RenderBudget budget)
    {
        budget.Look(Math.Min(left.Length, right.Length));
        for (var i = 0; i < Math.Min(left.Length, right.Length); i++)
            if (left[i] != right[i])
                return char.IsSurrogate(left[i]) == char.IsSurrogate(right[i]) ? left[i].CompareTo(right[i]) : char.IsSurrogate(left[i]) ? 1 : -1;
        return left.Length.CompareTo(right.Length);
    }

    private static int CompareNumbers(object left, object right) => (left, right) switch
    {
        (double a, double b) => Ordered(a, b),
        (double a, _) => Ordered(a, ToDouble(right)),
        (_, double b) => Ordered(ToDouble(left), b),
        _ => ToBig(left).CompareTo(ToBig(right)),
    };

    // A NaN is equal to nothing; no template orders by it.
    private static int Ordered(double a, double b) => a < b ? -1 : a == b ? 0 : 1;

    private static double ToDouble(object value) => value is double number ? number : (double)ToBig(value);

    private static BigInteger ToBig(object value) => value switch
    {
        bool flag => flag ? 1 : 0,
        long number => number,
        _ => (BigInteger)value,
    };
}
