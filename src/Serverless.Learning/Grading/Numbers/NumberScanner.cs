using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Serverless.Learning.Grading.Numbers;

/// <summary>
/// Finds numbers in text as people write them: <c>-1,234.5</c>, <c>1 234</c> with a no-break space, <c>.5</c>, <c>2e-3</c>, <c>3/4</c>, <c>-1 1/2</c>,
/// <c>\frac{3}{4}</c>, <c>50%</c>. A sign counts unless a digit, letter or closing bracket stands before it, so that 7-3 ends in 3.
/// </summary>
internal static partial class NumberScanner
{
    // Beyond these nobody means a number, and exact arithmetic would become slow.
    private const int MaxDigits = 100;
    private const int MaxExponent = 100;

    /// <summary>The last number of a text, or null if it has none.</summary>
    public static Rational? Last(string text)
    {
        Rational? last = null;
        for (var match = Number().Match(text); match.Success; match = Number().Match(text, match.Index + match.Length))
            if (Value(match) is { } value)
                last = HasSign(text, match.Index) ? -value : value;
        return last;
    }

    /// <summary>A number of the caller's, 0 or more, exactly as it is written.</summary>
    public static Rational Of(double value) => Last(value.ToString("R", CultureInfo.InvariantCulture))!.Value;

    private static Rational? Value(Match match)
    {
        var value = match.Groups["top"] is { Success: true } top
            ? Quotient(Decimal(top.Value), Decimal(match.Groups["bottom"].Value))
            : Fraction(match);
        return value is { } number && match.Groups["percent"].Success ? number / new Rational(100, 1) : value;
    }

    private static Rational? Fraction(Match match)
    {
        var first = Decimal(match.Groups["number"].Value);
        if (match.Groups["over"] is { Success: true } over)
            return Quotient(first, Decimal(over.Value)) ?? first;
        if (match.Groups["part"] is { Success: true } part && first is { } whole)
            return Quotient(Decimal(part.Value), Decimal(match.Groups["parts"].Value)) is { } rest ? whole + rest : whole;
        return first;
    }

    private static Rational? Quotient(Rational? top, Rational? bottom) =>
        top is { } numerator && bottom is { } denominator && !denominator.Numerator.IsZero ? numerator / denominator : null;

    private static Rational? Decimal(string text)
    {
        var exponent = 0;
        var mark = text.IndexOfAny(['e', 'E']);
        if (mark >= 0 && (!int.TryParse(text.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)
            || Math.Abs(exponent) > MaxExponent))
            return null;
        var mantissa = mark < 0 ? text : text[..mark];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var digits = string.Concat(mantissa.Where(char.IsAsciiDigit));
        if (digits.Length > MaxDigits)
            return null;
        if (point >= 0)
            exponent -= mantissa.Length - point - 1;
        var value = BigInteger.Parse(digits, CultureInfo.InvariantCulture);
        return exponent >= 0
            ? new Rational(value * BigInteger.Pow(10, exponent), 1)
            : new Rational(value, BigInteger.Pow(10, -exponent));
    }

    private static bool HasSign(string text, int start)
    {
        var sign = start - 1;
        while (sign >= 0 && text[sign] is ' ' or '$' or '\u20AC' or '\u00A3')
            sign--;
        // "costs - 5" is a dash between words; "-$5" and "= -5" are signs.
        if (sign < 0 || text[sign] is not ('-' or '\u2212') || (sign < start - 1 && text[sign + 1] == ' '))
            return false;
        var before = sign - 1;
        return before < 0 || !(char.IsLetterOrDigit(text[before]) || text[before] is ')' or ']' or '}' or '%');
    }

    // As many groups as MaxDigits has: without an end, a long list of groups would be read again from each of them.
    private const string Digits = @"(?:[0-9]{1,3}(?:[,\u00A0\u202F\u2009][0-9]{3}){1,33}(?![0-9])|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+";

    [GeneratedRegex(
        @"(?:\\[dt]?frac\{(?<top>" + Digits + @")\}\{(?<bottom>" + Digits + @")\}"
        + @"|(?<number>(?:" + Digits + @")(?:[eE][+-]?[0-9]+)?)(?:/(?<over>" + Digits + @")| (?<part>[0-9]+)/(?<parts>[0-9]+))?)"
        + @"(?<percent> ?\\?%)?",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Number();
}
