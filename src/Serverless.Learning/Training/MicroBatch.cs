using Serverless.Learning.Models;

namespace Serverless.Learning.Training;

/// <summary>
/// B rows of T tokens that go through the model together; several of them make one optimiser step. All arrays have B*T entries, row after row.
/// </summary>
public sealed record MicroBatch
{
    /// <summary>B.</summary>
    public required int Rows { get; init; }

    /// <summary>T.</summary>
    public required int Time { get; init; }

    public required int[] Ids { get; init; }

    /// <summary>The token to be predicted at each place; -1 where none is (prompt, padding, the last token).</summary>
    public required int[] Targets { get; init; }

    /// <summary>
    /// Where several examples share a row: each token's position inside its example. Null means rows of one text each, with positions
    /// 0..T-1 and plain causal attention; then <see cref="Examples"/> is null too.
    /// </summary>
    public int[]? Positions { get; init; }

    /// <summary>The example each token belongs to, as an index into the data set; -1 for padding.</summary>
    public int[]? Examples { get; init; }

    /// <summary>
    /// The number of each token's text within its row, counted from 0, padding being the last; null where each row is one text.
    /// </summary>
    public int[]? Documents()
    {
        if (Examples is null) return null;
        var documents = new int[Examples.Length];
        for (var at = 0; at < documents.Length; at++)
            documents[at] = at % Time == 0 ? 0 : documents[at - 1] + (Examples[at] == Examples[at - 1] ? 0 : 1);
        return documents;
    }

    /// <summary>Positions and mask of the rows; the caller's to dispose.</summary>
    public SequenceLayout LayoutFor(Decoder decoder) => Examples is null
        ? SequenceLayout.Causal(decoder.Rotary, Rows, Time)
        : SequenceLayout.At(decoder.Rotary, Rows, Time, Positions!, Documents());

    /// <summary>The token ids of each text, padding left out.</summary>
    public IEnumerable<int[]> Texts()
    {
        var documents = Documents();
        return Enumerable.Range(0, Ids.Length)
            .Where(at => Examples is null || Examples[at] >= 0)
            .GroupBy(at => (Row: at / Time, Document: documents?[at] ?? 0))
            .Select(text => text.Select(at => Ids[at]).ToArray());
    }

    /// <summary>How many tokens are predicted.</summary>
    public int TargetCount => Targets.Count(target => target >= 0);

    /// <summary>How many tokens are read, padding left out.</summary>
    public int TokenCount => Examples is null ? Ids.Length : Examples.Count(example => example >= 0);
}
