using System.Diagnostics;
using Serverless.EndToEnd.Tests.Heads;
using Serverless.Tests.Shared;

namespace Serverless.EndToEnd.Tests;

/// <summary>What the head does before there is work.</summary>
public sealed class StartTests(AzuriteFixture azurite)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task Starting_and_listing_jobs_files_and_models_does_not_load_libtorch()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the libraries of a process are listed in /proc on Linux");
        using var place = HeadPlace.On(azurite.ConnectionString, await azurite.NewPrefixAsync());
        await using var head = await HeadProcess.StartAsync(place);
        foreach (var path in new[] { "fine_tuning/jobs", "files", "models" })
            Assert.Equal("list", HeadCalls.Text(await head.GetAsync(path), "object"));
        await head.Http.GetStringAsync(new Uri(head.Url, "/"), Ct);
        Assert.DoesNotContain("libtorch", await File.ReadAllTextAsync($"/proc/{head.Id}/maps", Ct), StringComparison.OrdinalIgnoreCase);
    }

    [Fact(Timeout = 300_000)]
    public async Task A_storage_in_use_a_taken_address_and_wrong_settings_end_the_start_with_one_clear_message()
    {
        using var place = HeadPlace.On(azurite.ConnectionString, await azurite.NewPrefixAsync());
        await using var head = await HeadProcess.StartAsync(place);
        var (exitCode, output) = await HeadProcess.RunAsync(place, "serve", "--url", head.Url.ToString());
        Assert.Equal(2, exitCode);
        Assert.Equal(
            "error: another head runs the jobs of this storage; stop it, or give this one another storage with --storage or the setting StoragePrefix", output);

        place.Variables["SERVERLESS_STORAGE_PREFIX"] = await azurite.NewPrefixAsync();
        (exitCode, output) = await HeadProcess.RunAsync(place, "serve", "--url", head.Url.ToString());
        Assert.Equal(2, exitCode);
        Assert.Equal($"error: {head.Url.Authority}: another program listens there; stop it, or give another address with --url", output);

        place.Variables["SERVERLESS_CHUNK_SECONDS"] = "soon";
        (exitCode, output) = await HeadProcess.RunAsync(place, "serve");
        Assert.Equal(2, exitCode);
        Assert.Equal("error: settings: SERVERLESS_CHUNK_SECONDS: found \"soon\"; allowed: a number from 0.001 to 86400", output);
    }

    [Fact(Timeout = 300_000)]
    public async Task It_stops_cleanly_when_asked_to()
    {
        using var place = HeadPlace.On(azurite.ConnectionString, await azurite.NewPrefixAsync());
        await using var head = await HeadProcess.StartAsync(place);
        var clock = Stopwatch.StartNew();
        Assert.Equal(0, await head.StopAsync());
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"took {clock.Elapsed}");
    }
}
