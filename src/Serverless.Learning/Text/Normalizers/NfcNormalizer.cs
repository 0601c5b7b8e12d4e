using System.Runtime.InteropServices;
using System.Text;

namespace Serverless.Learning.Text.Normalizers;

/// <summary>
/// Unicode normalisation form C (UAX #15). .NET's own <see cref="string.Normalize()"/> returns its input unchanged under invariant globalization
/// and needs the ICU library otherwise, so that token ids would depend on the machine; this one needs neither.
/// </summary>
internal sealed class NfcNormalizer : Normalizer
{
    internal static NfcNormalizer Instance { get; } = new();

    // Three times as long at most.
    internal override string Apply(string text, long most) => Of(text);

    /// <param name="text">Well-formed UTF-16.</param>
    /// <returns>The text in form C; the same instance when nothing changes.</returns>
    internal static string Of(string text)
    {
        // Everything below the first combining mark is normalised, and most text ends here.
        if (text.AsSpan().IndexOfAnyInRange('\u0300', '\uFFFF') < 0)
            return text;
        return MayChange(text) ? Compose(text) : text;
    }

    private static bool MayChange(string text)
    {
        var data = CanonicalData.Instance;
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value >= 0x300 && data.MayChange(rune.Value))
                return true;
        }
        return false;
    }

    private static string Compose(string text)
    {
        var codePoints = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes())
            CanonicalData.Instance.Decompose(rune.Value, codePoints);
        Reorder(codePoints);
        var length = Recompose(codePoints);
        var result = new StringBuilder(length);
        foreach (var codePoint in CollectionsMarshal.AsSpan(codePoints)[..length])
            result.Append(new Rune(codePoint));
        return result.ToString();
    }

    /// <summary>Sorts every run of combining marks by class and leaves marks of one class in their order (UAX #15, D109).</summary>
    private static void Reorder(List<int> codePoints)
    {
        var data = CanonicalData.Instance;
        for (var start = 0; start < codePoints.Count; start++)
        {
            if (data.ClassOf(codePoints[start]) == 0)
                continue;
            var end = start + 1;
            while (end < codePoints.Count && data.ClassOf(codePoints[end]) != 0)
                end++;
            if (end - start > 1)
            {
                // LINQ's sort is stable and not quadratic on a long run.
                var sorted = codePoints.GetRange(start, end - start).OrderBy(data.ClassOf).ToArray();
                for (var i = 0; i < sorted.Length; i++)
                    codePoints[start + i] = sorted[i];
            }
            start = end;
        }
    }

    /// <summary>Joins each starter with the unblocked characters that follow it (UAX #15, D117).</summary>
    /// <returns>How many code points are left at the list's front.</returns>
    private static int Recompose(List<int> codePoints)
    {
        var data = CanonicalData.Instance;
        var (starter, written, lastClass) = (-1, 0, 0);
        var points = CollectionsMarshal.AsSpan(codePoints);
        foreach (var codePoint in points)
        {
            var classOf = data.ClassOf(codePoint);
            var adjacent = starter == written - 1;
            if (starter >= 0 && (adjacent || (lastClass != 0 && lastClass < classOf))
                && data.TryCompose(points[starter], codePoint, out var composed))
            {
                points[starter] = composed;
                continue;
            }
            if (classOf == 0)
                starter = written;
            lastClass = classOf;
            // The write position never passes the read position.
            points[written++] = codePoint;
        }
        return written;
    }
}
