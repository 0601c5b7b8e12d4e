using Serverless.Learning.Pretraining;

namespace Serverless.Learning.Training;

/// <summary>Rows of a stream of documents, laid out as micro-batches; every token is a target.</summary>
/// <param name="stream">Where the rows come from.</param>
/// <param name="named">Whether rows carry their number and positions: dropout is drawn by place, which row and where in it.</param>
internal sealed class TextRows(TokenStream stream, bool named)
{
    private const int MicroBatchTokens = 4096;

    /// <summary>So many rows one after another, as few micro-batches as their size allows.</summary>
    /// <param name="first">The number of the first, from 0; the stream begins anew, in another order, after its last.</param>
    public List<MicroBatch> Take(long first, int count)
    {
        var together = Math.Max(1, MicroBatchTokens / stream.Time);
        return Enumerable.Range(0, (count + together - 1) / together)
            .Select(micro => Rows(first + micro * together, Math.Min(together, count - micro * together)))
            .ToList();
    }

    private MicroBatch Rows(long first, int count)
    {
        var time = stream.Time;
        var (ids, targets) = (new int[count * time], new int[count * time]);
        for (var row = 0; row < count; row++) stream.Fill(first + row, ids.AsSpan(row * time, time), targets.AsSpan(row * time, time));
        var plain = new MicroBatch { Rows = count, Time = time, Ids = ids, Targets = targets };
        if (!named) return plain;
        return plain with
        {
            Examples = [.. Enumerable.Range(0, ids.Length).Select(at => (int)(first % int.MaxValue) + at / time)],
            Positions = [.. Enumerable.Range(0, ids.Length).Select(at => at % time)],
        };
    }
}
