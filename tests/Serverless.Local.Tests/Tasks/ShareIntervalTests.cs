using Serverless.Local.Tasks;

namespace Serverless.Local.Tests.Tasks;

public sealed class ShareIntervalTests
{
    // Wilson's formula worked by hand: 81 of 263, and none of 10, whose upper end is z^2 / (n + z^2).
    [Theory]
    [InlineData(81 / 263.0, 263, 0.2553, 0.3662)]
    [InlineData(0.0, 10, 0.0, 0.2775)]
    [InlineData(1.0, 10, 0.7225, 1.0)]
    public void The_interval_is_Wilson_s(double share, int cases, double low, double high)
    {
        var interval = ShareInterval.Of(share, cases);
        Assert.Equal(low, interval.Low, 4);
        Assert.Equal(high, interval.High, 4);
    }

    [Fact]
    public void No_cases_have_no_share() => Assert.Throws<ArgumentOutOfRangeException>(() => ShareInterval.Of(0.5, 0));
}
