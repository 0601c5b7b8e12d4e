using System.Text.Json;
using Serverless.EndToEnd.Tests.Heads;
using Serverless.Local.Azurite;
using Serverless.Service.Storage;
using Serverless.Tests.Shared;

namespace Serverless.EndToEnd.Tests;

/// <summary>Runs that are killed, cut into chunks, paused, cancelled or left without storage.</summary>
public sealed class DisturbedRunTests(AzuriteFixture azurite)
{
    private const int Examples = 60;

    // 1,500 steps: some seconds.
    private const int Epochs = 50;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 900_000)]
    public async Task A_run_whose_head_is_killed_in_the_middle_of_a_chunk_goes_on_by_itself_and_ends_with_the_same_weights()
    {
        var port = AzuriteFixture.FreePort();
        using var place = HeadPlace.WithOwnAzurite(port);
        var account = BlobAccountFactory.Open(new StorageSettings { ConnectionString = StorageSettings.DevelopmentStorageAt(port) });
        string job;
        int killedAt;
        await using (var head = await HeadProcess.StartAsync(place))
        {
            job = await head.StartJobAsync(Examples, Epochs);
            killedAt = await head.WaitForUncommittedStepsAsync(job);
            await head.KillAsync();
        }
        Assert.InRange(killedAt, 1, Examples / 2 * Epochs - 1);

        await using (var head = await HeadProcess.StartAsync(place))
        {
            Assert.Contains("Adopting Azurite", head.Output, StringComparison.Ordinal);
            var killed = await head.WaitForEndAsync(job);
            Assert.Equal("succeeded", HeadCalls.Text(killed, "status"));
            var undisturbed = await head.WaitForEndAsync(await head.StartJobAsync(Examples, Epochs));
            var weights = await PublishedWeights.HashesAsync(account, HeadCalls.Text(killed, "fine_tuned_model")!);
            Assert.Contains("adapter/adapter_model.safetensors", weights.Keys);
            Assert.Equal(await PublishedWeights.HashesAsync(account, HeadCalls.Text(undisturbed, "fine_tuned_model")!), weights);
            await CheckThatStepsAreCompleteAsync(head, job);
            Assert.Equal(0, await head.StopAsync());
        }
    }

    [Fact(Timeout = 900_000)]
    public async Task Chunks_of_any_length_give_the_same_weights()
    {
        var prefix = await azurite.NewPrefixAsync();
        var weights = new List<Dictionary<string, string>>();
        using var place = HeadPlace.On(azurite.ConnectionString, prefix);
        foreach (var chunkSeconds in new[] { 0.01, 1, 240 })
        {
            place.Variables["SERVERLESS_CHUNK_SECONDS"] = chunkSeconds;
            await using var head = await HeadProcess.StartAsync(place);
            var job = await head.StartJobAsync(Examples, epochs: 4);
            var ended = await head.WaitForEndAsync(job);
            Assert.True(HeadCalls.Text(ended, "status") == "succeeded", ended.ToString());
            weights.Add(await PublishedWeights.HashesAsync(azurite.Open(prefix), HeadCalls.Text(ended, "fine_tuned_model")!));
        }
        Assert.Equal(weights[2], weights[0]);
        Assert.Equal(weights[2], weights[1]);
    }

    [Fact(Timeout = 900_000)]
    public async Task A_job_can_be_paused_resumed_and_cancelled_while_it_trains()
    {
        using var place = HeadPlace.On(azurite.ConnectionString, await azurite.NewPrefixAsync());
        await using var head = await HeadProcess.StartAsync(place);
        var job = await head.StartJobAsync(Examples, Epochs);
        await head.WaitForUncommittedStepsAsync(job);
        var waiting = await head.StartJobAsync(Examples, epochs: 1);
        await head.WaitForStatusAsync(waiting, "queued");

        await head.PostAsync($"fine_tuning/jobs/{job}/pause");
        await head.WaitForStatusAsync(job, "paused");
        Assert.Equal("succeeded", HeadCalls.Text(await head.WaitForEndAsync(waiting), "status"));
        var paused = (await head.GetAsync($"fine_tuning/jobs/{job}")).GetProperty("trained_tokens").GetInt64();
        Assert.True(paused > 0);

        var resumed = await head.PostAsync($"fine_tuning/jobs/{job}/resume");
        Assert.Equal("queued", HeadCalls.Text(resumed, "status"));
        await head.WaitForStatusAsync(job, "running");
        await head.PostAsync($"fine_tuning/jobs/{job}/cancel");
        var cancelled = await head.WaitForEndAsync(job);
        Assert.Equal("cancelled", HeadCalls.Text(cancelled, "status"));
        Assert.Equal(JsonValueKind.Null, cancelled.GetProperty("finished_at").ValueKind);
        Assert.True(cancelled.GetProperty("trained_tokens").GetInt64() >= paused);
    }

    [Fact(Timeout = 900_000)]
    public async Task A_run_whose_storage_goes_away_for_a_while_waits_and_goes_on()
    {
        var options = new AzuriteOptions
        {
            DataFolder = Directory.CreateTempSubdirectory("serverless-away-").FullName,
            Port = AzuriteFixture.FreePort(),
        };
        var azuriteProcess = await AzuriteProcess.StartAsync(options, Ct);
        try
        {
            using var place = HeadPlace.On(StorageSettings.DevelopmentStorageAt(options.Port));
            await using var head = await HeadProcess.StartAsync(place);
            var job = await head.StartJobAsync(Examples, Epochs);
            await head.WaitForUncommittedStepsAsync(job);
            await azuriteProcess.DisposeAsync();
            await Task.Delay(TimeSpan.FromSeconds(20), Ct);
            azuriteProcess = await AzuriteProcess.StartAsync(options, Ct);
            var ended = await head.WaitForEndAsync(job);
            Assert.True(HeadCalls.Text(ended, "status") == "succeeded", $"{ended}\n{head.Output}");
            await CheckThatStepsAreCompleteAsync(head, job);
        }
        finally
        {
            await azuriteProcess.DisposeAsync();
            Directory.Delete(options.DataFolder, recursive: true);
        }
    }

    // No step is missing from the metrics, and none stands there twice.
    private static async Task CheckThatStepsAreCompleteAsync(HeadProcess head, string job)
    {
        var file = (await head.GetAsync($"fine_tuning/jobs/{job}")).GetProperty("result_files")[0].GetString();
        var lines = (await head.Http.GetStringAsync($"files/{file}/content", Ct)).TrimEnd().Split('\n');
        Assert.Equal(Enumerable.Range(1, Examples / 2 * Epochs).Select(step => $"{step}"), lines[1..].Select(line => line.Split(',')[0]));
    }
}
