using Serverless.Learning.Data;

namespace Serverless.Learning.Training;

/// <summary>
/// Pairs as optimiser steps: <c>batch_size</c> pairs in the epoch's order. Both answers of a pair are in one micro-batch, because the
/// gradient of one depends on the other; example 2i is the chosen answer of pair i, 2i + 1 the rejected one.
/// </summary>
internal sealed class PairBatches(IReadOnlyList<PreferencePair> pairs, TrainingOptions options) : IBatchSource
{
    private const int MicroBatchTokens = 4096;
    private readonly EpochOrder order = new(pairs.Count, options.BatchSize, options.Seed);
    private readonly List<TrainingSequence> answers = AnswersOf(pairs);

    public int TotalSteps => order.StepsPerEpoch * options.Epochs;

    public double StepsPerEpoch => order.StepsPerEpoch;

    public IReadOnlyList<MicroBatch> BatchOf(int step) => Lay(pairs, answers, order.ExamplesOf(step), options.SharesTokens);

    /// <summary>Micro-batches of all of these pairs, in their order.</summary>
    public static IReadOnlyList<MicroBatch> Lay(IReadOnlyList<PreferencePair> pairs) => Lay(pairs, AnswersOf(pairs), Enumerable.Range(0, pairs.Count), share: true);

    /// <summary>As many whole pairs as fit, in their order.</summary>
    private static List<MicroBatch> Lay(IReadOnlyList<PreferencePair> pairs, List<TrainingSequence> answers, IEnumerable<int> chosen, bool share)
    {
        var batch = new List<MicroBatch>();
        var group = new List<int>();
        var tokens = 0;
        foreach (var pair in chosen)
        {
            if (group.Count > 0 && tokens + pairs[pair].Length > MicroBatchTokens) Flush();
            group.AddRange([2 * pair, 2 * pair + 1]);
            tokens += pairs[pair].Length;
        }
        Flush();
        return batch;

        void Flush()
        {
            batch.AddRange(PackedBatches.Build(answers, group, int.MaxValue, share));
            group.Clear();
            tokens = 0;
        }
    }

    private static List<TrainingSequence> AnswersOf(IEnumerable<PreferencePair> pairs) => [.. pairs.SelectMany(pair => new[] { pair.Chosen, pair.Rejected })];
}
