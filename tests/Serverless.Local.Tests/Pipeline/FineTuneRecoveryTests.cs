using System.Text.Json;
using Serverless.Local.Journal;
using Serverless.Local.Tests.Journal;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline;
using Serverless.Service.Storage;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>Disturbances that a job lives through: what is done is kept, and its owner is told.</summary>
public sealed class FineTuneRecoveryTests(AzuriteFixture azurite) : IDisposable
{
    private static readonly PipelineSettings FrequentCommits = new() { CheckpointInterval = TimeSpan.FromMilliseconds(50) };
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_head_that_is_stopped_commits_and_the_next_one_goes_on_from_there()
    {
        var account = await azurite.NewAccountAsync();
        JobRecord job;
        int step;
        await using (var first = await PipelineHead.StartAsync(account, NewFolder()))
        {
            job = await first.CreateAsync(await first.UploadAsync(TinyModel.Dataset(40)), with: FineTuneTests.Epochs(50));
            step = await first.UntilStepAsync(job.Id, 3);
        }
        var head = await new JobLog(account, TimeProvider.System).ReadHeadAsync(job.Id, default);
        Assert.InRange(head!.Step, step, 499);
        await using var second = await PipelineHead.StartAsync(account, NewFolder());
        await second.UntilStepAsync(job.Id, head.Step + 1);
        await second.Jobs.CancelAsync(job.Id, default);
        await FineTuneTests.UntilSaidAsync(second, job.Id, "Fine-tuning job cancelled");
    }

    [Fact]
    public async Task A_damaged_checkpoint_costs_the_steps_since_the_one_before()
    {
        var account = await azurite.NewAccountAsync();
        var (job, unbroken) = await TrainUntilStoppedAsync(account);
        var log = new JobLog(account, TimeProvider.System);
        var head = (await log.ReadHeadAsync(job.Id, default))!;
        Assert.True(head.Checkpoints.Length >= 2);
        var folder = head.Newest!.Manifest[..head.Newest.Manifest.LastIndexOf('/')];
        await account.Jobs.GetBlobClient($"{folder}/weights.safetensors").UploadAsync(new BinaryData("not weights"), overwrite: true);

        await using var next = await PipelineHead.StartAsync(account, NewFolder(), FrequentCommits);
        job = await next.UntilAsync(job.Id, JobStatus.Succeeded);
        Assert.Equal(unbroken, await next.WeightsAsync(job));
        var messages = await next.MessagesAsync(job.Id);
        var told = Assert.Single(messages, message => message.Contains("is damaged", StringComparison.Ordinal));
        Assert.EndsWith($"The job goes on from step {head.Checkpoints[^2].Step} instead of step {head.Step}", told, StringComparison.Ordinal);
        var steps = (await log.ListMetricsAsync(job.Id, 0, default)).Select(metrics => metrics.Step);
        Assert.Equal(Enumerable.Range(1, 40), steps);
    }

    [Fact]
    public async Task A_job_whose_checkpoints_are_all_damaged_fails_with_its_reason()
    {
        var account = await azurite.NewAccountAsync();
        var (job, _) = await TrainUntilStoppedAsync(account);
        var log = new JobLog(account, TimeProvider.System);
        foreach (var checkpoint in (await log.ReadHeadAsync(job.Id, default))!.Checkpoints)
            await account.Jobs.GetBlobClient(checkpoint.Manifest).UploadAsync(new BinaryData("no manifest"), overwrite: true);

        await using var next = await PipelineHead.StartAsync(account, NewFolder(), FrequentCommits);
        job = await next.UntilAsync(job.Id, JobStatus.Failed);
        var last = Assert.Single((await log.ReadHeadAsync(job.Id, default))!.Checkpoints);
        var message = $"The checkpoint {last.Manifest} is damaged: the manifest cannot be read. There is no other to go on from";
        Assert.Equal(("checkpoint_damaged", message, null), (job.Error!.Code, job.Error.Message, job.Error.Param));
        await FineTuneTests.UntilSaidAsync(next, job.Id, $"The job failed: {message}");
    }

    [Fact]
    public async Task A_storage_that_goes_away_while_a_job_trains_costs_no_step()
    {
        var prefix = await azurite.NewPrefixAsync();
        await azurite.Open(prefix).CreateContainersAsync(default);
        var transport = new SwitchedTransport();
        var account = new BlobAccount(JournalContainer.Through(azurite, transport), prefix);
        await using var head = await PipelineHead.StartAsync(account, NewFolder(), FrequentCommits);
        var training = await head.UploadAsync(TinyModel.Dataset(40));
        var unbroken = await head.UntilAsync((await head.CreateAsync(training, with: FineTuneTests.Epochs(4))).Id, JobStatus.Succeeded);
        var job = await head.CreateAsync(training, with: FineTuneTests.Epochs(4));
        await head.UntilStepAsync(job.Id, 2);
        transport.IsOff = true;
        await Task.Delay(3000);
        Assert.True(transport.Refused > 0);
        transport.IsOff = false;
        job = await head.UntilAsync(job.Id, JobStatus.Succeeded);
        Assert.Equal(await head.WeightsAsync(unbroken), await head.WeightsAsync(job));
        var steps = (await head.Get<JobLog>().ListMetricsAsync(job.Id, 0, default)).Select(metrics => metrics.Step);
        Assert.Equal(Enumerable.Range(1, 40), steps);
    }

    [Fact]
    public async Task A_history_that_an_upgrade_made_useless_is_replaced_from_the_last_checkpoint_and_the_owner_is_told()
    {
        var account = await azurite.NewAccountAsync();
        var (job, unbroken) = await TrainUntilStoppedAsync(account);
        var blob = account.Journal.GetBlobClient($"instances/{job.Id}.json");
        var record = (await blob.DownloadContentAsync()).Value.Content.ToObjectFromJson<JournalRecord>(PipelineJson.Options)!;
        var old = record with { History = record.History.SetItem(0, record.History[0] with { Name = "CheckFiles" }) };
        await blob.UploadAsync(BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(old, PipelineJson.Options)), overwrite: true);
        await blob.SetMetadataAsync(new Dictionary<string, string> { ["state"] = "Running" });

        await using var next = await PipelineHead.StartAsync(account, NewFolder(), FrequentCommits);
        job = await next.UntilAsync(job.Id, JobStatus.Succeeded);
        Assert.Equal(unbroken, await next.WeightsAsync(job));
        Assert.Contains(
            "The service was changed while the job ran; it goes on from its last checkpoint "
            + "(step 1 of run 0: the code asks for Activity ValidateFiles, the record holds Activity CheckFiles)",
            await next.MessagesAsync(job.Id));
    }

    [Fact]
    public async Task What_a_dead_trainer_left_uncommitted_is_gone_when_its_job_has_ended()
    {
        var account = await azurite.NewAccountAsync();
        await using var head = await PipelineHead.StartAsync(account, NewFolder());
        var job = await head.CreateAsync(await head.UploadAsync(TinyModel.Dataset(40)), with: FineTuneTests.Epochs(50));
        await head.UntilStepAsync(job.Id, 3);
        await head.Jobs.PauseAsync(job.Id, default);
        await head.UntilAsync(job.Id, JobStatus.Paused);
        await FineTuneTests.UntilSaidAsync(head, job.Id, "Fine-tuning job paused");
        string[] left = [$"{job.Id}/checkpoints/00000400/0badc0de/weights.safetensors", $"{job.Id}/metrics/0000000400.jsonl", $"{job.Id}/events/0000000400.jsonl"];
        foreach (var name in left)
            await account.Jobs.UploadBlobAsync(name, new BinaryData("left"));
        await head.Jobs.CancelAsync(job.Id, default);
        await FineTuneTests.UntilSaidAsync(head, job.Id, "Fine-tuning job cancelled");
        foreach (var name in left)
            Assert.False(await account.Jobs.GetBlobClient(name).ExistsAsync(), name);
        var committed = (await new JobLog(account, TimeProvider.System).ReadHeadAsync(job.Id, default))!.Newest!;
        Assert.True(await account.Jobs.GetBlobClient(committed.Manifest).ExistsAsync());
    }

    [Fact]
    public async Task Events_stand_in_the_order_of_their_times_though_checkpoints_are_uploaded_while_training_goes_on()
    {
        await using var head = await PipelineHead.StartAsync(await azurite.NewAccountAsync(), NewFolder(), FrequentCommits with { MetricsEventSteps = 1 });
        var job = await head.CreateAsync(await head.UploadAsync(TinyModel.Dataset(40)), with: FineTuneTests.Epochs(10));
        await head.UntilAsync(job.Id, JobStatus.Succeeded);
        var events = (await head.Get<JobLog>().ListEventsAsync(job.Id, null, 1000, default)).Items.Select(entry => entry.Event).Reverse().ToList();
        Assert.True(events.Count(entry => entry.Message.StartsWith("Checkpoint created", StringComparison.Ordinal)) > 2);
        Assert.Equal(events.OrderBy(entry => entry.CreatedAt), events);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>One job from beginning to end, and another of the same request until it has some checkpoints.</summary>
    private async Task<(JobRecord Job, string Unbroken)> TrainUntilStoppedAsync(BlobAccount account)
    {
        await using var head = await PipelineHead.StartAsync(account, NewFolder(), FrequentCommits);
        var training = await head.UploadAsync(TinyModel.Dataset(40));
        var unbroken = await head.UntilAsync((await head.CreateAsync(training, with: FineTuneTests.Epochs(4))).Id, JobStatus.Succeeded);
        var job = await head.CreateAsync(training, with: FineTuneTests.Epochs(4));
        for (var look = 0; look < 2400; look++)
        {
            if (await head.Get<JobLog>().ReadHeadAsync(job.Id, default) is { Checkpoints.Length: >= 2 })
                break;
            await Task.Delay(5);
        }
        return (job, await head.WeightsAsync(unbroken));
    }

    private string NewFolder() => Path.Combine(_folder.Path, Guid.NewGuid().ToString("n"));
}
