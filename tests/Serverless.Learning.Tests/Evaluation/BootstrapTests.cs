using Serverless.Learning.Evaluation;

namespace Serverless.Learning.Tests.Evaluation;

public sealed class BootstrapTests
{
    [Fact]
    public void An_interval_is_as_wide_as_the_normal_approximation_has_it()
    {
        // 400 draws of a coin that falls on its head 3 times of 4: 1.96 * sqrt(0.75 * 0.25 / 400) is 0.0424.
        var interval = Bootstrap.Mean([.. Enumerable.Range(0, 400).Select(index => index % 4 == 0 ? 0.0 : 1.0)], seed: 5);
        Assert.Equal(0.75, interval.Mean, 1e-12);
        Assert.Equal(0.75 - 0.0424, interval.Low, 0.005);
        Assert.Equal(0.75 + 0.0424, interval.High, 0.005);
    }

    [Fact]
    public void The_same_seed_gives_the_same_interval_and_another_seed_another()
    {
        double[] values = [.. Enumerable.Range(0, 50).Select(index => Math.Sin(index))];
        Assert.Equal(Bootstrap.Mean(values, 1), Bootstrap.Mean(values, 1));
        Assert.NotEqual(Bootstrap.Mean(values, 1), Bootstrap.Mean(values, 2));
    }

    [Fact]
    public void Equal_values_have_an_interval_of_no_width() => Assert.Equal(new MeanInterval(0.5, 0.5, 0.5), Bootstrap.Mean([0.5, 0.5, 0.5], 3));

    [Fact]
    public void No_values_have_no_mean() => Assert.Throws<ArgumentException>(() => Bootstrap.Mean([], 1));
}
