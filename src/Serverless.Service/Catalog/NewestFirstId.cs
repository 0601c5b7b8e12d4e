using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Serverless.Service.Catalog;

/// <summary>
/// The part of an id after its prefix: 26 characters, ten of inverted time and sixteen of chance or of a hash, so that ids sort newest
/// first by their bytes and a newest-first listing is a prefix listing. The digits are Crockford's base 32 in lower case, whose order
/// is the order of their bytes.
/// </summary>
public static class NewestFirstId
{
    public const int Length = 26;
    private const string Digits = "0123456789abcdefghjkmnpqrstvwxyz";
    private static readonly SearchValues<char> DigitSet = SearchValues.Create(Digits);
    private const int TimeDigits = 10;
    private const long LastMillisecond = (1L << 5 * TimeDigits) - 1;

    /// <summary>An id for something made at <paramref name="time"/>, told apart by 80 random bits.</summary>
    public static string Random(DateTimeOffset time) => Of(time, RandomNumberGenerator.GetBytes(10));

    /// <summary>The one id of something dated <paramref name="time"/> and named by <paramref name="source"/>: the same each time.</summary>
    public static string Hashed(DateTimeOffset time, string source) => Of(time, SHA256.HashData(Encoding.UTF8.GetBytes(source)).AsSpan(0, 10));

    /// <summary>Whether <paramref name="text"/> has the shape of such an id; anything else a caller names cannot exist.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text) => text.Length == Length && !text.ContainsAnyExcept(DigitSet);

    private static string Of(DateTimeOffset time, ReadOnlySpan<byte> eighty)
    {
        var id = new StringBuilder(Length);
        var inverted = LastMillisecond - time.ToUnixTimeMilliseconds();
        for (var shift = 5 * (TimeDigits - 1); shift >= 0; shift -= 5) id.Append(Digits[(int)(inverted >> shift & 31)]);
        UInt128 rest = 0;
        foreach (var b in eighty) rest = rest << 8 | b;
        for (var shift = 75; shift >= 0; shift -= 5) id.Append(Digits[(int)(rest >> shift & 31)]);
        return id.ToString();
    }
}
