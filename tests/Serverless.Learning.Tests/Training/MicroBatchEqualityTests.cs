using Serverless.Learning.Adapters;
using Serverless.Learning.Data;
using Serverless.Learning.Training;
using TorchSharp;

namespace Serverless.Learning.Tests.Training;

public sealed class MicroBatchEqualityTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    private const int Steps = 4;

    // float32 sums in another order: about 1e-7 of losses near 5, and of gradients of at most 1 a step, times the rate of 0.5.
    private const double LossTolerance = 1e-5, WeightTolerance = 1e-5;

    [Theory]
    [InlineData(AdapterKind.Full, true)]
    [InlineData(AdapterKind.Lora, false)] // with dropout, whose masks are an example's own
    public void A_step_over_micro_batches_is_one_over_the_whole_batch(AdapterKind kind, bool shares)
    {
        var whole = Run(kind, shares, microBatchTokens: 1 << 20);
        var parts = Run(kind, shares, microBatchTokens: 1);

        Assert.Single(whole.Targets);
        // Were the parts' means averaged, it would show: they have different numbers of targets.
        Assert.True(parts.Targets.Length > 2 && parts.Targets.Max() > 1.2 * parts.Targets.Min(), string.Join(", ", parts.Targets));
        for (var step = 0; step < Steps; step++)
            Assert.Equal(whole.Losses[step], parts.Losses[step], LossTolerance);
        Assert.InRange(Furthest(whole.Before, whole.After), 0.02, 10); // something was learned
        Assert.InRange(Furthest(whole.After, parts.After), 0, WeightTolerance);
    }

    private Outcome Run(AdapterKind kind, bool shares, int microBatchTokens)
    {
        using var scope = torch.NewDisposeScope();
        using var model = tiny.Load();
        var sequences = LoadedTinyModel.Sequences(model, 24);
        var batches = new Batches(sequences, microBatchTokens, shares);
        using var adapter = kind == AdapterKind.Full ? null : LoraAdapter.Wrap(model.Decoder, new AdapterOptions { Rank = 4, Alpha = 8, Dropout = 0.1 }, seed: 1);
        using var parameters = new FlatParameters(adapter?.Weights ?? model.Decoder.Weights);
        using var optimiser = new Descent(parameters);
        var loop = new TrainingLoop(
            model.Decoder, parameters, optimiser, new LearningRateSchedule(0.5, 0, Steps), new CrossEntropyObjective(batches, []), new LoopSettings(1.0, 1, Dropout: adapter is not null));
        var before = parameters.Values.data<float>().ToArray();
        double[] losses = [.. Enumerable.Range(0, Steps).Select(_ => loop.TrainStep().Loss!.Value)];
        return new Outcome([.. batches.BatchOf(0).Select(micro => micro.TargetCount)], losses, before, parameters.Values.data<float>().ToArray());
    }

    private static double Furthest(float[] one, float[] other) => one.Zip(other, (left, right) => Math.Abs((double)left - right)).Max();

    private sealed record Outcome(int[] Targets, double[] Losses, float[] Before, float[] After);

    /// <summary>All examples in each step, in micro-batches of so many places.</summary>
    private sealed class Batches(List<TrainingSequence> sequences, int microBatchTokens, bool shares) : IBatchSource
    {
        public int TotalSteps => Steps;

        public double StepsPerEpoch => 1;

        public IReadOnlyList<MicroBatch> BatchOf(int step) => PackedBatches.Build(sequences, [.. Enumerable.Range(0, sequences.Count)], microBatchTokens, shares);
    }

    /// <summary>Plain gradient descent: Adam would make a whole step of the rounding of a gradient next to zero.</summary>
    private sealed class Descent(FlatParameters parameters) : IOptimiser
    {
        public IReadOnlyDictionary<string, torch.Tensor> State { get; } = new Dictionary<string, torch.Tensor>();

        public void Update(int step, double learningRate)
        {
            using var scope = torch.NewDisposeScope();
            parameters.Values.sub_(parameters.Gradients * learningRate);
        }

        public void Dispose()
        {
        }
    }
}
