using System.Diagnostics;
using System.Text.Json;

namespace Serverless.Service.Tests.Infrastructure;

public sealed class CostTests
{
    [Fact]
    public async Task The_committed_table_is_what_prices_and_usage_give()
    {
        var start = new ProcessStartInfo("node", [Path.Combine(BicepFile.Folder, "cost", "cost.mjs"), "--check"]) { RedirectStandardError = true };
        using var check = Process.Start(start)!;
        var said = await check.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await check.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal((0, ""), (check.ExitCode, said));
    }

    [Fact]
    public void Every_price_has_its_meter_and_a_date()
    {
        using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(BicepFile.Folder, "cost", "prices.json")));
        Assert.All(file.RootElement.GetProperty("prices").EnumerateObject(), price =>
        {
            Assert.True(price.Value.GetProperty("price").GetDecimal() > 0, price.Name);
            Assert.NotEqual("", price.Value.GetProperty("meter").GetString());
            Assert.True(DateOnly.TryParse(price.Value.GetProperty("date").GetString(), out _), price.Name);
        });
    }
}
