using System.Globalization;
using System.Text.Json;

namespace Serverless.Learning.Sampling.Grammars;

/// <summary>The grammar of integers within bounds, digit by digit.</summary>
internal static class IntegerRange
{
    private const long Largest = 999_999_999_999_999_999;

    public static IReadOnlyList<string> Keywords { get; } = ["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"];

    public static int Of(SchemaPlace place, JsonRules json, GrammarBuilder builder, int next)
    {
        if (!Keywords.Any(place.Has)) return json.Integer(next);
        var least = Math.Max(
            Bound(place, "minimum", decimal.Ceiling) ?? -Largest, Bound(place, "exclusiveMinimum", value => decimal.Floor(value) + 1) ?? -Largest);
        var most = Math.Min(
            Bound(place, "maximum", decimal.Floor) ?? Largest, Bound(place, "exclusiveMaximum", value => decimal.Ceiling(value) - 1) ?? Largest);
        if (least > most) throw place.Fault("no integer lies within its bounds.");

        var signs = new List<int>();
        if (most >= 0) signs.AddRange(Lengths(Math.Max(0, least), most, builder, next));
        if (least < 0) signs.Add(builder.Literal("-"u8, builder.Choice([.. Lengths(Math.Max(1, -most), -least, builder, next)])));
        return builder.Choice(signs);
    }

    private static long? Bound(SchemaPlace place, string keyword, Func<decimal, decimal> toInteger)
    {
        if (place.Find(keyword) is not { } value) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var bound) && Math.Abs(bound) < Largest
            ? (long)toInteger(bound)
            : throw place.Fault($"'{keyword}' must be a number between -{Largest} and {Largest}, but is {value.GetRawText()}.");
    }

    /// <summary>The numbers of a range by the number of their digits.</summary>
    private static IEnumerable<int> Lengths(long least, long most, GrammarBuilder builder, int next)
    {
        string from = Digits(least), to = Digits(most);
        for (var length = from.Length; length <= to.Length; length++)
        {
            yield return Between(
                length == from.Length ? from : "1" + new string('0', length - 1),
                length == to.Length ? to : new string('9', length), builder, next);
        }
    }

    /// <summary>Digits between two rows of digits of the same length.</summary>
    private static int Between(string from, string to, GrammarBuilder builder, int next)
    {
        if (from.Length == 0) return next;
        var (zeros, nines) = (new string('0', from.Length - 1), new string('9', from.Length - 1));
        if (from[0] == to[0]) return One(from[0], to[0], Between(from[1..], to[1..], builder, next));
        var parts = new List<int>();
        var (first, last) = (from[0], to[0]);
        if (from[1..] != zeros) parts.Add(One(first, first++, Between(from[1..], nines, builder, next)));
        if (to[1..] != nines) parts.Add(One(last, last--, Between(zeros, to[1..], builder, next)));
        if (first <= last) parts.Add(One(first, last, Between(zeros, nines, builder, next)));
        return builder.Choice(parts);

        int One(char low, char high, int tail) => builder.Bytes(ByteSet.Range((byte)low, (byte)high), tail);
    }

    private static string Digits(long value) => value.ToString(CultureInfo.InvariantCulture);
}
