using System.Runtime.InteropServices;

namespace Serverless.Local.Tasks;

/// <summary>
/// The n-grams of a text, hashed into a fixed number of buckets: words and pairs of neighbouring words, and the 3 to 5 letter pieces of
/// each word with its borders. A bucket's value is 1 + ln(count), before any weighting by rarity.
/// </summary>
internal static class NgramFeatures
{
    private const int ShortestPiece = 3;
    private const int LongestPiece = 5;

    /// <summary>Counts the n-grams of <paramref name="text"/>; buckets are in [0, <paramref name="buckets"/>), a power of two.</summary>
    public static List<(int Bucket, float Value)> Extract(string text, int buckets)
    {
        var counts = new Dictionary<int, int>();
        ulong previous = 0;
        foreach (var word in Words(text))
        {
            var bordered = $"<{word}>";
            var hash = Hash(bordered, seed: 1);
            Count(counts, hash, buckets);
            if (previous != 0)
                Count(counts, unchecked((previous * 31) ^ hash), buckets);
            previous = hash;
            for (var length = ShortestPiece; length <= LongestPiece; length++)
                for (var start = 0; start + length <= bordered.Length; start++)
                    Count(counts, Hash(bordered.AsSpan(start, length), seed: 2), buckets);
        }
        return [.. counts.OrderBy(pair => pair.Key).Select(pair => (pair.Key, 1f + MathF.Log(pair.Value)))];
    }

    private static IEnumerable<string> Words(string text)
    {
        var start = -1;
        for (var i = 0; i <= text.Length; i++)
        {
            var inside = i < text.Length && (char.IsLetterOrDigit(text[i]) || text[i] == '\'');
            if (inside && start < 0)
                start = i;
            if (inside || start < 0)
                continue;
            yield return text[start..i].ToLowerInvariant();
            start = -1;
        }
    }

    private static void Count(Dictionary<int, int> counts, ulong hash, int buckets) =>
        CollectionsMarshal.GetValueRefOrAddDefault(counts, Bucket(hash, buckets), out _)++;

    private static int Bucket(ulong hash, int buckets) => (int)((hash ^ (hash >> 29)) & (ulong)(buckets - 1));

    // FNV-1a, 64 bits: the same on every machine, unlike string.GetHashCode.
    private static ulong Hash(ReadOnlySpan<char> text, ulong seed)
    {
        var hash = 14695981039346656037UL ^ seed;
        foreach (var letter in text)
            hash = unchecked((hash ^ letter) * 1099511628211UL);
        return hash;
    }
}
