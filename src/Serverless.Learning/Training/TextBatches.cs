using Serverless.Learning.Pretraining;

namespace Serverless.Learning.Training;

/// <summary>
/// Documents, packed one behind the other with the separator between them, as rows of equal length: <c>batch_size</c> rows a step,
/// <c>max_sequence_length</c> tokens a row. An epoch's last step takes what is left.
/// </summary>
public sealed class TextBatches : IBatchSource
{
    private readonly TokenStream stream;
    private readonly TextRows rows;
    private readonly TrainingOptions options;
    private readonly int stepsPerEpoch;

    /// <exception cref="InputError">All documents together do not fill one row.</exception>
    public TextBatches(IReadOnlyList<int[]> documents, int separator, TrainingOptions options)
    {
        stream = new TokenStream(documents, separator, options.MaxSequenceLength, options.Seed, "text");
        this.options = options;
        if (stream.RowsPerEpoch == 0)
            throw new InputError($"training_file: found {stream.TokensPerEpoch} tokens; allowed: more than max_sequence_length, {options.MaxSequenceLength}");
        stepsPerEpoch = StepsIn(stream.TokensPerEpoch, options);
        rows = new TextRows(stream, options.Adapter.Dropout > 0);
    }

    public int TotalSteps => stepsPerEpoch * options.Epochs;

    public double StepsPerEpoch => stepsPerEpoch;

    /// <summary>The full rows that so many tokens make, separators counted; the last token has none after it to predict.</summary>
    public static long RowsIn(long tokens, int time) => (tokens - 1) / time;

    /// <summary>The steps of one epoch over so many tokens, separators counted.</summary>
    public static int StepsIn(long tokens, TrainingOptions options) =>
        (int)((RowsIn(tokens, options.MaxSequenceLength) + options.BatchSize - 1) / options.BatchSize);

    public IReadOnlyList<MicroBatch> BatchOf(int step)
    {
        var (epoch, within) = Math.DivRem(step, stepsPerEpoch);
        var first = epoch * stream.RowsPerEpoch + (long)within * options.BatchSize;
        var count = (int)Math.Min(options.BatchSize, (epoch + 1) * stream.RowsPerEpoch - first);
        return rows.Take(first, count);
    }
}
