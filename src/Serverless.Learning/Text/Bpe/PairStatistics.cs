using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Serverless.Learning.Text.Bpe;

/// <summary>
/// How often each pair of neighbouring tokens occurs, in which words, and which is the most frequent. Counts only fall between two
/// <see cref="Publish"/> calls of a pair, so a stale entry of the queue is never too small: it is put back with its present count.
/// </summary>
internal sealed class PairStatistics
{
    private readonly Dictionary<long, Pair> _pairs = [];
    private readonly PriorityQueue<long, (long Count, long Key)> _queue = new(MostFrequentThenLowestIds.Instance);
    private readonly List<long> _grown = [];

    /// <summary>A pair as one number that sorts by the left id, then the right one.</summary>
    internal static long KeyOf(int left, int right) => ((long)left << 32) | (uint)right;

    /// <summary>The pair occurs <paramref name="times"/> more often, in word <paramref name="word"/>.</summary>
    internal void Add(int left, int right, int word, long times)
    {
        var key = KeyOf(left, right);
        ref var pair = ref CollectionsMarshal.GetValueRefOrAddDefault(_pairs, key, out var known);
        if (!known)
            pair.Words = [];
        if (!pair.Grown)
        {
            pair.Grown = true;
            _grown.Add(key);
        }
        pair.Count += times;
        if (pair.Words.Count == 0 || pair.Words[^1] != word)
            pair.Words.Add(word);
    }

    /// <summary>The pair occurs <paramref name="times"/> less often.</summary>
    internal void Subtract(int left, int right, long times)
    {
        ref var pair = ref CollectionsMarshal.GetValueRefOrNullRef(_pairs, KeyOf(left, right));
        // The pair being merged has been taken out already.
        if (!Unsafe.IsNullRef(ref pair))
            pair.Count -= times;
    }

    /// <summary>Queues the pairs that were added to since the last call.</summary>
    internal void Publish()
    {
        foreach (var key in _grown)
        {
            ref var pair = ref CollectionsMarshal.GetValueRefOrNullRef(_pairs, key);
            pair.Grown = false;
            _queue.Enqueue(key, (pair.Count, key));
        }
        _grown.Clear();
    }

    /// <summary>Takes out the most frequent pair; of equals, the one with the lowest left id, then right id.</summary>
    /// <param name="words">The words that hold it or did once.</param>
    /// <returns>False when no pair occurs at least <paramref name="leastCount"/> times.</returns>
    internal bool TryTakeBest(long leastCount, out int left, out int right, out List<int> words)
    {
        while (_queue.TryDequeue(out var key, out var queued))
        {
            if (!_pairs.TryGetValue(key, out var pair))
                continue;
            if (pair.Count == queued.Count && pair.Count >= leastCount)
            {
                _pairs.Remove(key);
                (left, right, words) = ((int)(key >> 32), (int)key, pair.Words);
                return true;
            }
            if (pair.Count >= leastCount)
                _queue.Enqueue(key, (pair.Count, key));
        }
        (left, right, words) = (0, 0, []);
        return false;
    }

    private struct Pair
    {
        internal long Count;
        internal List<int> Words;
        internal bool Grown;
    }

    private sealed class MostFrequentThenLowestIds : IComparer<(long Count, long Key)>
    {
        internal static readonly MostFrequentThenLowestIds Instance = new();

        public int Compare((long Count, long Key) x, (long Count, long Key) y)
        {
            var byCount = y.Count.CompareTo(x.Count);
            return byCount != 0 ? byCount : x.Key.CompareTo(y.Key);
        }
    }
}
