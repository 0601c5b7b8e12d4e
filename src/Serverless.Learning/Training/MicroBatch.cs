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

    /// <summary>How many tokens are predicted.</summary>
    public int TargetCount => Targets.Count(target => target >= 0);

    /// <summary>How many tokens are read, padding left out.</summary>
    public int TokenCount => Examples is null ? Ids.Length : Examples.Count(example => example >= 0);
}
