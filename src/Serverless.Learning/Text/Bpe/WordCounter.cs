using System.Runtime.InteropServices;
using Serverless.Learning.Text.PreTokenizers;

namespace Serverless.Learning.Text.Bpe;

/// <summary>Counts how often each pre-tokenised word occurs.</summary>
internal sealed class WordCounter : PieceSink
{
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> _byText;

    internal WordCounter() => _byText = _counts.GetAlternateLookup<ReadOnlySpan<char>>();

    internal IReadOnlyDictionary<string, long> Counts => _counts;

    internal override void Take(ReadOnlySpan<char> piece, bool atStart) =>
        CollectionsMarshal.GetValueRefOrAddDefault(_byText, piece, out _)++;
}
