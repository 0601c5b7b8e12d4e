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

    [Fact]
    public void What_differs_between_groups_widens_the_interval_however_many_values_each_has()
    {
        // Groups without any spread of their own: the mean of n draws from k groups, whose standard error is that of three groups alone.
        double[][] groups = [[.. Enumerable.Repeat(0.1, 500)], [.. Enumerable.Repeat(0.2, 500)], [.. Enumerable.Repeat(0.3, 500)]];
        var interval = Bootstrap.MeanOfGroups(groups, seed: 7);
        Assert.Equal(0.2, interval.Mean, 1e-12);
        // Three times the same group comes once in nine draws: 3.7 % for each of them, so the tails end at the outer groups.
        Assert.Equal((0.1, 0.3), (Math.Round(interval.Low, 9), Math.Round(interval.High, 9)));
        var pooled = Bootstrap.Mean([.. groups.SelectMany(values => values)], seed: 7);
        Assert.InRange(pooled.High - pooled.Low, 0, 0.02);
    }

    [Fact]
    public void A_single_group_is_its_values_alone()
    {
        double[] values = [.. Enumerable.Range(0, 50).Select(index => Math.Sin(index))];
        Assert.Equal(Bootstrap.Mean(values, 1), Bootstrap.MeanOfGroups([values], 1));
        Assert.Throws<ArgumentException>(() => Bootstrap.MeanOfGroups([values, []], 1));
    }
}
