namespace Serverless.Learning.Grading.Similarity;

/// <summary>Numbers for the words of two texts, the same for the same word.</summary>
internal static class TokenIds
{
    public static (int[] First, int[] Second) Of(IReadOnlyList<string> first, IReadOnlyList<string> second)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        return ([.. first.Select(Id)], [.. second.Select(Id)]);

        int Id(string word)
        {
            if (!ids.TryGetValue(word, out var id))
                ids[word] = id = ids.Count;
            return id;
        }
    }
}
