using Serverless.Learning.Randomness;

namespace Serverless.Learning.Pretraining;

/// <summary>
/// Documents as one endless stream of tokens: each epoch is another seeded order of all documents, each document preceded by the end token.
/// A row of the stream is a pure function of its number.
/// </summary>
/// <param name="documents">Token ids of each document, without the end token.</param>
/// <param name="endId">The token between documents.</param>
/// <param name="time">T, tokens a row.</param>
internal sealed class TokenStream(IReadOnlyList<int[]> documents, int endId, int time, long seed, string name)
{
    private int loadedEpoch = -1;
    private int[] loaded = [];

    /// <summary>T.</summary>
    public int Time => time;

    public long TokensPerEpoch { get; } = documents.Sum(document => document.Length + 1L);

    /// <summary>Full rows of one epoch; the rest of an epoch that fills no row is left out.</summary>
    public long RowsPerEpoch => (TokensPerEpoch - 1) / time;

    /// <summary>Writes T ids and the T ids that follow each of them.</summary>
    public void Fill(long row, Span<int> ids, Span<int> targets)
    {
        var epoch = (int)(row / RowsPerEpoch);
        if (epoch != loadedEpoch) Load(epoch);
        var start = (int)(row % RowsPerEpoch * time);
        loaded.AsSpan(start, time).CopyTo(ids);
        loaded.AsSpan(start + 1, time).CopyTo(targets);
    }

    private void Load(int epoch)
    {
        loaded = new int[TokensPerEpoch];
        var at = 0;
        foreach (var index in new Philox(seed, epoch, ModuleKey.Of(name)).Permutation(documents.Count))
        {
            loaded[at++] = endId;
            documents[index].CopyTo(loaded, at);
            at += documents[index].Length;
        }
        loadedEpoch = epoch;
    }
}
