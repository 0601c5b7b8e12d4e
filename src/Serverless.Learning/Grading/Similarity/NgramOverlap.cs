namespace Serverless.Learning.Grading.Similarity;

/// <summary>The n-grams of one order that two texts have, and have in common.</summary>
/// <param name="Common">Those of both, each as often as in the text that has fewer of it.</param>
/// <param name="First">Those of the first text.</param>
/// <param name="Second">Those of the second text.</param>
internal readonly record struct NgramOverlap(long Common, long First, long Second)
{
    /// <summary>The overlap of the orders 1 to <paramref name="highest"/>.</summary>
    public static NgramOverlap[] UpTo(int highest, IReadOnlyList<string> first, IReadOnlyList<string> second)
    {
        var (firstIds, secondIds) = TokenIds.Of(first, second);
        var (firstGrams, secondGrams) = (firstIds, secondIds);
        var overlaps = new NgramOverlap[highest];
        for (var order = 1; order <= highest; order++)
        {
            if (order > 1)
            {
                // An n-gram is the (n-1)-gram before it and its last word, so that a pair of numbers names it.
                var ids = new Dictionary<(int, int), int>();
                (firstGrams, secondGrams) = (Longer(firstGrams, firstIds, order, ids), Longer(secondGrams, secondIds, order, ids));
            }
            overlaps[order - 1] = new NgramOverlap(CountCommon(firstGrams, secondGrams), firstGrams.Length, secondGrams.Length);
        }
        return overlaps;
    }

    private static int[] Longer(int[] shorter, int[] words, int order, Dictionary<(int, int), int> ids)
    {
        var longer = new int[Math.Max(0, words.Length - order + 1)];
        for (var at = 0; at < longer.Length; at++)
        {
            var key = (shorter[at], words[at + order - 1]);
            if (!ids.TryGetValue(key, out var id))
                ids[key] = id = ids.Count;
            longer[at] = id;
        }
        return longer;
    }

    private static long CountCommon(int[] first, int[] second)
    {
        var counts = new Dictionary<int, int>();
        foreach (var gram in first)
            counts[gram] = counts.GetValueOrDefault(gram) + 1;
        var common = 0L;
        foreach (var gram in second)
            if (counts.TryGetValue(gram, out var left) && left > 0)
            {
                counts[gram] = left - 1;
                common++;
            }
        return common;
    }
}
