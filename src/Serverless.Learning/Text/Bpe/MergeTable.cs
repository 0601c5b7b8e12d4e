namespace Serverless.Learning.Text.Bpe;

/// <summary>The merges of a BPE model: which pair of tokens joins to which token, and in what order.</summary>
internal sealed class MergeTable
{
    private readonly Dictionary<long, Merge> _merges;

    internal MergeTable(int capacity) => _merges = new Dictionary<long, Merge>(capacity, ScatteredKeys.Instance);

    /// <summary>Adds the next merge; a pair that is listed twice keeps its later rank, as in Hugging Face's tokenizers.</summary>
    internal void Add(int left, int right, int rank, int merged) => _merges[PairStatistics.KeyOf(left, right)] = new Merge(rank, merged);

    internal bool TryGet(int left, int right, out Merge merge) => _merges.TryGetValue(PairStatistics.KeyOf(left, right), out merge);

    /// <param name="Rank">Lower ranks merge first.</param>
    /// <param name="Merged">The id of the joined token.</param>
    internal readonly record struct Merge(int Rank, int Merged);

    /// <summary>long.GetHashCode would be left XOR right, which ids of one vocabulary share by the thousands.</summary>
    private sealed class ScatteredKeys : IEqualityComparer<long>
    {
        internal static readonly ScatteredKeys Instance = new();

        public bool Equals(long x, long y) => x == y;

        public int GetHashCode(long obj) => (int)(((ulong)obj * 0x9E3779B97F4A7C15) >> 32);
    }
}
