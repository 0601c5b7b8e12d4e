using System.Runtime.InteropServices;
using Serverless.Learning.Data;
using Serverless.Learning.Models;
using static TorchSharp.torch;

namespace Serverless.Learning.Training;

/// <summary>Scores pairs of answers by the forward pass that training takes, without dropout.</summary>
public static class PairScores
{
    /// <summary>What a model says about pairs, in their order.</summary>
    public static IReadOnlyList<PairScore> Of(Decoder decoder, IReadOnlyList<PreferencePair> pairs, CancellationToken cancellation = default)
    {
        if (pairs.Count == 0) return [];
        var scores = Of(decoder, PairBatches.Lay(pairs), cancellation);
        return [.. Enumerable.Range(0, pairs.Count).Select(pair => scores[pair])];
    }

    /// <summary>What a model says about the pairs of some micro-batches, by their index.</summary>
    internal static Dictionary<int, PairScore> Of(Decoder decoder, IReadOnlyList<MicroBatch> batch, CancellationToken cancellation = default)
    {
        var all = new Dictionary<int, PairScore>();
        using var noGradient = no_grad();
        foreach (var micro in batch)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using var layout = micro.LayoutFor(decoder);
            var values = decoder.LogProbabilities(decoder.Hidden(micro.Ids, layout), micro.Targets).Values;
            foreach (var (pair, score) in Of(values, micro)) all[pair] = score;
        }
        return all;
    }

    /// <summary>Sums of token log-probabilities by pair, in double precision and in the order of the tokens.</summary>
    /// <param name="values">[N], float32: one for each place of the micro-batch that has a target.</param>
    internal static Dictionary<int, PairScore> Of(Tensor values, MicroBatch micro)
    {
        using var detached = values.detach();
        var tokens = MemoryMarshal.Cast<byte, float>(detached.bytes);
        var sums = new Dictionary<int, double>();
        var next = 0;
        for (var at = 0; at < micro.Targets.Length; at++)
        {
            if (micro.Targets[at] < 0) continue;
            sums[micro.Examples![at]] = sums.GetValueOrDefault(micro.Examples[at]) + tokens[next++];
        }
        return PairsOf(micro).ToDictionary(pair => pair, pair => new PairScore(sums.GetValueOrDefault(2 * pair), sums.GetValueOrDefault(2 * pair + 1)));
    }

    /// <summary>The pairs of a micro-batch, by their index.</summary>
    internal static IReadOnlyList<int> PairsOf(MicroBatch micro) =>
        [.. micro.Examples!.Where(example => example >= 0).Select(example => example / 2).Distinct()];
}
