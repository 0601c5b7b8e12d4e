using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Serverless.Learning.Text.Bpe;

/// <summary>Remembers the tokens of short words, for any number of threads. When it is full it starts anew.</summary>
internal sealed class WordCache
{
    /// <summary>Words longer than this are rare and not kept, in UTF-16 units.</summary>
    internal const int LongestWord = 64;

    private const int Capacity = 1 << 17;

    private readonly ConcurrentDictionary<string, int[]> _words = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> _byText;
    private int _count;

    internal WordCache() => _byText = _words.GetAlternateLookup<ReadOnlySpan<char>>();

    internal bool TryGet(ReadOnlySpan<char> word, [NotNullWhen(true)] out int[]? ids) => _byText.TryGetValue(word, out ids);

    internal void Add(ReadOnlySpan<char> word, ReadOnlySpan<int> ids)
    {
        // Counted here because ConcurrentDictionary.Count takes every lock.
        if (Interlocked.Increment(ref _count) > Capacity)
        {
            _words.Clear();
            Interlocked.Exchange(ref _count, 0);
        }
        _byText[word] = ids.ToArray();
    }
}
