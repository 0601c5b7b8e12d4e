namespace Serverless.Learning.Text.Bpe;

/// <summary>
/// Applies merges to one word: the lowest rank first, of equal ranks the leftmost. The tokens form a linked list and the candidates a heap, so
/// a word of n symbols takes O(n log n).
/// </summary>
internal sealed class WordMerger
{
    private const int Removed = -1;
    private const int RetainedSymbols = 1 << 16;

    private readonly PriorityQueue<(int Position, int Merged), long> _candidates = new();
    private int[] _ids = new int[64];
    private int[] _previous = new int[64];
    private int[] _next = new int[64];
    private int _count;

    internal void Add(int id)
    {
        if (_count == _ids.Length)
        {
            Array.Resize(ref _ids, _count * 2);
            Array.Resize(ref _previous, _count * 2);
            Array.Resize(ref _next, _count * 2);
        }
        _ids[_count] = id;
        _previous[_count] = _count - 1;
        _next[_count] = _count + 1;
        _count++;
    }

    /// <summary>Merges the symbols added since the last call and appends the tokens that are left to <paramref name="target"/>.</summary>
    internal void MergeInto(List<int> target, MergeTable merges)
    {
        for (var position = 0; position + 1 < _count; position++)
            Consider(position, merges);
        while (_candidates.TryDequeue(out var candidate, out _))
        {
            var (position, merged) = candidate;
            var right = _ids[position] == Removed ? _count : _next[position];
            // An older candidate may have lost a side. What it makes tells, as in Hugging Face's tokenizers, whether it still stands.
            if (right >= _count || !merges.TryGet(_ids[position], _ids[right], out var merge) || merge.Merged != merged)
                continue;
            _ids[position] = merged;
            _ids[right] = Removed;
            _next[position] = _next[right];
            if (_next[position] < _count)
                _previous[_next[position]] = position;
            if (_previous[position] >= 0)
                Consider(_previous[position], merges);
            Consider(position, merges);
        }
        for (var position = 0; position < _count; position = _next[position])
            target.Add(_ids[position]);
        Reset();
    }

    private void Consider(int position, MergeTable merges)
    {
        var right = _next[position];
        if (right < _count && merges.TryGet(_ids[position], _ids[right], out var merge))
            _candidates.Enqueue((position, merge.Merged), ((long)merge.Rank << 32) | (uint)position);
    }

    private void Reset()
    {
        _count = 0;
        if (_ids.Length <= RetainedSymbols)
            return;
        (_ids, _previous, _next) = (new int[64], new int[64], new int[64]);
        _candidates.TrimExcess();
    }
}
