using System.Text;

namespace Serverless.Learning.Sampling.Grammars.Patterns;

/// <summary>Ranges of code points as sequences of ranges of bytes in UTF-8.</summary>
internal static class Utf8Ranges
{
    /// <summary>The sequences whose union is the range; each gives the lowest and highest byte of each place.</summary>
    public static IEnumerable<(byte[] From, byte[] To)> Of(int first, int last)
    {
        foreach (var lastOfLength in new[] { 0x7F, 0x7FF, 0xFFFF })
            if (first <= lastOfLength && lastOfLength < last) return [.. Of(first, lastOfLength), .. Of(lastOfLength + 1, last)];
        for (var places = 1; places <= 3; places++)
        {
            // Within a sequence, all places after the first that differs must have all bytes.
            var low = (1 << (6 * places)) - 1;
            if (last <= 0x7F || (first & ~low) == (last & ~low)) continue;
            if ((first & low) != 0) return [.. Of(first, first | low), .. Of((first | low) + 1, last)];
            if ((last & low) != low) return [.. Of(first, (last & ~low) - 1), .. Of(last & ~low, last)];
        }
        return [(Bytes(first), Bytes(last))];
    }

    private static byte[] Bytes(int codePoint) => Encoding.UTF8.GetBytes(new Rune(codePoint).ToString());
}
