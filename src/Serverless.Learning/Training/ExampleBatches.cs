using Serverless.Learning.Data;

namespace Serverless.Learning.Training;

/// <summary>Supervised examples as optimiser steps: <c>batch_size</c> examples in the epoch's order, packed into rows.</summary>
internal sealed class ExampleBatches(IReadOnlyList<TrainingSequence> examples, TrainingOptions options) : IBatchSource
{
    private const int MicroBatchTokens = 4096;
    private readonly EpochOrder order = new(examples.Count, options.BatchSize, options.Seed);

    public int TotalSteps => order.StepsPerEpoch * options.Epochs;

    public double StepsPerEpoch => order.StepsPerEpoch;

    public IReadOnlyList<MicroBatch> BatchOf(int step) => PackedBatches.Build(examples, order.ExamplesOf(step), MicroBatchTokens, options.SharesTokens);
}
