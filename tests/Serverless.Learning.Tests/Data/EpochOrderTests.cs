using Serverless.Learning.Data;

namespace Serverless.Learning.Tests.Data;

public sealed class EpochOrderTests
{
    [Theory]
    [InlineData(10, 3, 4)]
    [InlineData(9, 3, 3)]
    [InlineData(2, 8, 1)]
    [InlineData(1, 1, 1)]
    public void Each_epoch_takes_every_example_once(int examples, int batchSize, int stepsPerEpoch)
    {
        var order = new EpochOrder(examples, batchSize, seed: 5);
        Assert.Equal(stepsPerEpoch, order.StepsPerEpoch);
        for (var epoch = 0; epoch < 3; epoch++)
        {
            var steps = Enumerable.Range(epoch * stepsPerEpoch, stepsPerEpoch).Select(order.ExamplesOf).ToArray();
            Assert.All(steps, step => Assert.InRange(step.Length, 1, batchSize));
            Assert.Equal(Enumerable.Range(0, examples), steps.SelectMany(step => step).Order());
        }
    }

    [Fact]
    public void A_step_asked_for_alone_is_the_step_of_an_unbroken_run()
    {
        var unbroken = new EpochOrder(100, 7, seed: 1);
        var steps = Enumerable.Range(0, 60).Select(unbroken.ExamplesOf).ToArray();
        foreach (var step in new[] { 59, 0, 14, 15, 30, 29 })
            Assert.Equal(steps[step], new EpochOrder(100, 7, seed: 1).ExamplesOf(step));
        Assert.Equal(steps[3], unbroken.ExamplesOf(3));
    }

    [Fact]
    public void Epochs_and_seeds_differ_in_order()
    {
        var order = new EpochOrder(50, 50, seed: 1);
        Assert.NotEqual(order.ExamplesOf(0), order.ExamplesOf(1));
        Assert.NotEqual(order.ExamplesOf(0), new EpochOrder(50, 50, seed: 2).ExamplesOf(0));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void Nothing_to_order_is_refused(int examples, int batchSize) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new EpochOrder(examples, batchSize, 1));
}
