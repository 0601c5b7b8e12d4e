namespace Serverless.Learning.Text.Bpe;

/// <summary>The distinct words of a text as shrinking sequences of token ids.</summary>
internal sealed class WordTable
{
    private readonly List<int[]> _words = [];
    private readonly List<int> _lengths = [];
    private readonly List<long> _counts = [];

    /// <summary>Adds a word of single-byte tokens that occurs <paramref name="count"/> times.</summary>
    internal void Add(int[] ids, long count, PairStatistics pairs)
    {
        var word = _words.Count;
        _words.Add(ids);
        _lengths.Add(ids.Length);
        _counts.Add(count);
        for (var i = 1; i < ids.Length; i++)
            pairs.Add(ids[i - 1], ids[i], word, count);
    }

    /// <summary>Replaces the pair by <paramref name="merged"/> from left to right in one word and keeps the statistics true.</summary>
    internal void Merge(int word, int left, int right, int merged, PairStatistics pairs)
    {
        var (ids, length, count) = (_words[word], _lengths[word], _counts[word]);
        var written = 0;
        for (var read = 0; read < length; read++)
        {
            if (read + 1 == length || ids[read] != left || ids[read + 1] != right)
            {
                ids[written++] = ids[read];
                continue;
            }
            if (written > 0)
            {
                pairs.Subtract(ids[written - 1], left, count);
                pairs.Add(ids[written - 1], merged, word, count);
            }
            if (read + 2 < length)
            {
                pairs.Subtract(right, ids[read + 2], count);
                pairs.Add(merged, ids[read + 2], word, count);
            }
            ids[written++] = merged;
            read++;
        }
        _lengths[word] = written;
    }
}
