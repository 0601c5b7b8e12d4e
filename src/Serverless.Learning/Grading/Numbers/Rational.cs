using System.Numerics;

namespace Serverless.Learning.Grading.Numbers;

/// <summary>An exact fraction, so that 0.1 + 0.2 and 3/10 are the same number. The denominator is positive.</summary>
internal readonly record struct Rational(BigInteger Numerator, BigInteger Denominator)
{
    private static readonly BigInteger Scale = BigInteger.One << 64;

    /// <summary>The nearest double; infinite where it is too large.</summary>
    public static explicit operator double(Rational value)
    {
        // Divided as integers first: numerator and denominator alone may be beyond a double's range.
        var whole = BigInteger.DivRem(value.Numerator, value.Denominator, out var rest);
        return (double)whole + ((double)(rest * Scale / value.Denominator) / (double)Scale);
    }

    public static Rational operator /(Rational left, Rational right)
    {
        var (numerator, denominator) = (left.Numerator * right.Denominator, left.Denominator * right.Numerator);
        return denominator.Sign < 0 ? new Rational(-numerator, -denominator) : new Rational(numerator, denominator);
    }

    public static Rational operator +(Rational left, Rational right) =>
        new((left.Numerator * right.Denominator) + (right.Numerator * left.Denominator), left.Denominator * right.Denominator);

    public static Rational operator -(Rational value) => new(-value.Numerator, value.Denominator);

    /// <summary>Whether two numbers are no further apart than a third.</summary>
    public static bool AreWithin(Rational left, Rational right, Rational tolerance)
    {
        var distance = left + -right;
        return BigInteger.Abs(distance.Numerator) * tolerance.Denominator <= tolerance.Numerator * distance.Denominator;
    }
}
