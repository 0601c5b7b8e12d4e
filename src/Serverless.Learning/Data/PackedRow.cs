namespace Serverless.Learning.Data;

/// <summary>Several sequences in one row of tokens; they neither see each other nor share positions.</summary>
/// <param name="Ids">Token ids, shape [T].</param>
/// <param name="Targets">Shape [T]; the id that the token at t predicts, which is the token at t + 1 where that is a target, else
/// <see cref="Packing.Ignored"/>.</param>
/// <param name="Positions">Shape [T]; positions from 0 on in each sequence.</param>
/// <param name="Documents">Shape [T]; the number of the sequence within the row, from 0. Attention goes to earlier tokens of the same one only.</param>
/// <param name="Members">The indices of the sequences, in the order in which they stand in the row.</param>
public sealed record PackedRow(int[] Ids, long[] Targets, int[] Positions, int[] Documents, IReadOnlyList<int> Members)
{
    /// <summary>T.</summary>
    public int Length => Ids.Length;
}
