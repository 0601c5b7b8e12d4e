using System.Runtime.InteropServices;
using System.Text;

namespace Serverless.Learning.Text.Bpe;

/// <summary>Turns pre-tokenised words into token ids as Hugging Face's BPE model does. Thread safe.</summary>
internal sealed class BpeModel(BpeVocabulary vocabulary)
{
    // Words of this length are seldom worth cutting, in UTF-16 units.
    private const int WholeWord = 16;

    [ThreadStatic]
    private static WordMerger? threadMerger;

    private readonly WordCache _cache = new();
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids = vocabulary.Ids.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Appends the ids of one word to <paramref name="target"/>.</summary>
    /// <param name="word">In the byte alphabet when the vocabulary is written in it.</param>
    internal void Encode(ReadOnlySpan<char> word, List<int> target)
    {
        if (vocabulary.IgnoreMerges && _ids.TryGetValue(word, out var whole))
        {
            target.Add(whole);
            return;
        }
        if (vocabulary.Joints is not { } joints || word.Length <= WholeWord)
        {
            EncodeStretch(word, target);
            return;
        }
        // Cutting where no merge reaches across changes nothing and makes stretches that occur again out of SentencePiece's unsplit texts.
        while (!word.IsEmpty)
        {
            var length = StretchLength(word, joints);
            EncodeStretch(word[..length], target);
            word = word[length..];
        }
    }

    private int StretchLength(ReadOnlySpan<char> word, HashSet<int> joints)
    {
        for (var i = 1; i < word.Length; i++)
        {
            if (!joints.Contains(BpeVocabulary.JointOf(word[i - 1], word[i])) && !char.IsLowSurrogate(word[i]) && !ReachesAcross(word, i))
                return i;
        }
        return word.Length;
    }

    // Unknown neighbours may become one token; of a character that is left out the neighbours become neighbours.
    private bool ReachesAcross(ReadOnlySpan<char> word, int i) => vocabulary switch
    {
        { UnknownId: null } => !IsKnownBefore(word, i) || !IsKnownAt(word, i),
        { FuseUnknown: true } => !IsKnownBefore(word, i) && !IsKnownAt(word, i),
        _ => false,
    };

    private bool IsKnownAt(ReadOnlySpan<char> word, int i) =>
        _ids.ContainsKey(word.Slice(i, char.IsHighSurrogate(word[i]) ? 2 : 1));

    private bool IsKnownBefore(ReadOnlySpan<char> word, int i) =>
        IsKnownAt(word, char.IsLowSurrogate(word[i - 1]) ? i - 2 : i - 1);

    private void EncodeStretch(ReadOnlySpan<char> stretch, List<int> target)
    {
        if (_cache.TryGet(stretch, out var known))
        {
            target.AddRange(known);
            return;
        }
        var merger = threadMerger ??= new WordMerger();
        AddSymbols(stretch, merger);
        var start = target.Count;
        merger.MergeInto(target, vocabulary.Merges);
        if (stretch.Length <= WordCache.LongestWord)
            _cache.Add(stretch, CollectionsMarshal.AsSpan(target)[start..]);
    }

    private void AddSymbols(ReadOnlySpan<char> stretch, WordMerger merger)
    {
        var lastWasUnknown = false;
        for (var i = 0; i < stretch.Length;)
        {
            var symbol = stretch.Slice(i, char.IsHighSurrogate(stretch[i]) ? 2 : 1);
            i += symbol.Length;
            if (_ids.TryGetValue(symbol, out var id))
            {
                merger.Add(id);
                lastWasUnknown = false;
            }
            else if (!TryAddBytes(symbol, merger) && vocabulary.UnknownId is { } unknown)
            {
                if (!lastWasUnknown || !vocabulary.FuseUnknown)
                    merger.Add(unknown);
                lastWasUnknown = true;
            }
        }
    }

    private bool TryAddBytes(ReadOnlySpan<char> symbol, WordMerger merger)
    {
        if (vocabulary.ByteTokens is null)
            return false;
        Span<byte> bytes = stackalloc byte[4];
        bytes = bytes[..Encoding.UTF8.GetBytes(symbol, bytes)];
        foreach (var value in bytes)
        {
            if (vocabulary.ByteTokens[value] < 0)
                return false;
        }
        foreach (var value in bytes)
            merger.Add(vocabulary.ByteTokens[value]);
        return true;
    }
}
