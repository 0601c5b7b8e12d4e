using Microsoft.Extensions.Configuration;
using Serverless.Functions.Settings;
using Serverless.Learning;

namespace Serverless.Functions.Tests.Settings;

public sealed class FunctionLimitsTests
{
    [Theory]
    [InlineData(null, null, 1800)]
    [InlineData(null, "Dynamic", 300)]
    [InlineData("00:10:00", null, 600)]
    [InlineData("00:07:00", "Dynamic", 420)]
    [InlineData("01:00:00", "Dynamic", 600)]
    [InlineData("-1", "Dynamic", 600)]
    [InlineData("01:00:00", "FlexConsumption", 3600)]
    public void The_timeout_is_that_of_host_json_within_what_the_plan_allows(string? inFile, string? plan, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Read(inFile, plan).Timeout);

    [Fact]
    public void Minus_one_is_no_timeout_where_the_plan_has_none()
    {
        var limits = Read("-1", "FlexConsumption");
        Assert.Null(limits.Timeout);
        Assert.Equal(TimeSpan.FromHours(3), limits.Budget(TimeSpan.FromHours(3)));
        Assert.Equal(TimeSpan.FromSeconds(200), limits.LongestAnswer);
    }

    [Fact]
    public void An_app_setting_wins_over_host_json()
    {
        var environment = new Dictionary<string, string> { ["AzureFunctionsJobHost__functionTimeout"] = "00:02:00" };
        Assert.Equal(TimeSpan.FromMinutes(2), FunctionLimits.Read(HostFile("00:10:00"), environment).Timeout);
    }

    [Theory]
    [InlineData(600, 240, 240)]
    [InlineData(300, 240, 225)]
    [InlineData(120, 240, 90)]
    public void A_chunk_leaves_a_quarter_of_the_timeout(int timeout, int wanted, int budget) => Assert.Equal(
        TimeSpan.FromSeconds(budget), new FunctionLimits(TimeSpan.FromSeconds(timeout)).Budget(TimeSpan.FromSeconds(wanted)));

    [Theory]
    [InlineData(600, 200)]
    [InlineData(300, 150)]
    public void An_answer_ends_before_half_of_the_timeout_and_before_the_platform_cuts_it(int timeout, int longest) =>
        Assert.Equal(TimeSpan.FromSeconds(longest), new FunctionLimits(TimeSpan.FromSeconds(timeout)).LongestAnswer);

    [Fact]
    public void A_timeout_that_is_no_length_is_named()
    {
        var error = Assert.Throws<InputError>(() => Read("ten minutes", null));
        Assert.Equal("settings: functionTimeout of host.json: found \"ten minutes\"; allowed: a length such as 00:10:00, or -1 for none", error.Message);
    }

    private static FunctionLimits Read(string? inFile, string? plan)
    {
        var environment = new Dictionary<string, string>();
        if (plan is not null)
            environment["WEBSITE_SKU"] = plan;
        return FunctionLimits.Read(HostFile(inFile), environment);
    }

    private static IConfiguration HostFile(string? timeout) =>
        new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["functionTimeout"] = timeout }).Build();
}
