using Serverless.Learning.Training;

namespace Serverless.Learning.Pretraining;

/// <summary>Rows of plain text for the first part of the run, rows of conversations for the last.</summary>
internal sealed class PretrainingBatches(PretrainingOptions options, TokenStream text, TokenStream chat) : IBatchSource
{
    public int TotalSteps { get; } = (int)(options.Tokens / options.BatchTokens);

    public double StepsPerEpoch => text.RowsPerEpoch / (double)(options.BatchTokens / options.Time);

    /// <summary>The first step whose rows are conversations.</summary>
    private int FirstChatStep => (int)(TotalSteps * (1 - options.ChatFraction));

    public IReadOnlyList<MicroBatch> BatchOf(int step)
    {
        var (stream, stepOfStream) = step < FirstChatStep ? (text, step) : (chat, step - FirstChatStep);
        var rowsPerStep = options.BatchTokens / stream.Time;
        var rowsPerMicro = Math.Max(1, options.MicroBatchTokens / stream.Time);
        var first = (long)stepOfStream * rowsPerStep;
        return Enumerable.Range(0, (rowsPerStep + rowsPerMicro - 1) / rowsPerMicro)
            .Select(micro => Rows(stream, first + micro * rowsPerMicro, Math.Min(rowsPerMicro, rowsPerStep - micro * rowsPerMicro)))
            .ToList();
    }

    private static MicroBatch Rows(TokenStream stream, long first, int count)
    {
        var ids = new int[count * stream.Time];
        var targets = new int[count * stream.Time];
        for (var row = 0; row < count; row++)
            stream.Fill(first + row, ids.AsSpan(row * stream.Time, stream.Time), targets.AsSpan(row * stream.Time, stream.Time));
        return new MicroBatch { Rows = count, Time = stream.Time, Ids = ids, Targets = targets };
    }
}
