using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Serverless.Local.Tests.Journal;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Service.Storage;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>Heads that die while a job trains. A dead head's connection is gone, and what its machine held is not there any more.</summary>
public sealed class FineTuneCrashTests(AzuriteFixture azurite) : IDisposable
{
    private static readonly PipelineSettings FrequentCommits = new()
    {
        CheckpointInterval = TimeSpan.FromMilliseconds(50),
        WishInterval = TimeSpan.FromMilliseconds(20),
    };

    private static readonly PipelineSettings CommitsAfterEachStep = new()
    {
        CheckpointInterval = TimeSpan.FromMilliseconds(1),
        WishInterval = TimeSpan.FromMilliseconds(1),
    };

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_job_whose_heads_die_again_and_again_ends_with_the_same_bytes_and_a_log_without_gaps()
    {
        var prefix = await azurite.NewPrefixAsync();
        var account = azurite.Open(prefix);
        await account.CreateContainersAsync(default);
        JobRecord unbroken, job;
        await using (var head = await PipelineHead.StartAsync(account, NewFolder()))
        {
            var training = await head.UploadAsync(TinyModel.Dataset(40));
            unbroken = await head.CreateAsync(training, with: FineTuneTests.Epochs(6));
            unbroken = await head.UntilAsync(unbroken.Id, JobStatus.Succeeded);
            job = await head.CreateAsync(training, with: FineTuneTests.Epochs(6));
        }

        // Some in the middle of a commit, some between two of them.
        var deaths = 0;
        foreach (var writes in (int[])[14, 25, 44])
        {
            var transport = new DyingTransport(writes, sendsTheNext: deaths % 2 == 0);
            var head = await PipelineHead.StartAsync(Through(prefix, transport), NewFolder(), FrequentCommits);
            deaths += await DiesAsync(head, transport, job.Id) ? 1 : 0;
            await head.DisposeAsync();
            if (deaths > 1) await LetLeaseRunOutAsync(account, job.Id);
        }
        Assert.True(deaths >= 2, $"the heads died {deaths} times");

        await using var last = await PipelineHead.StartAsync(account, NewFolder());
        job = await last.UntilAsync(job.Id, JobStatus.Succeeded);
        Assert.Equal(await last.WeightsAsync(unbroken), await last.WeightsAsync(job));
        Assert.Equal(unbroken.TrainedTokens, job.TrainedTokens);
        var steps = (await last.Get<JobLog>().ListMetricsAsync(job.Id, 0, default)).Select(step => step.Step);
        Assert.Equal(Enumerable.Range(1, 60), steps);
        var messages = await last.MessagesAsync(job.Id);
        Assert.Single(messages, message => message == "Fine-tuning job started");
        Assert.Single(messages, message => message.StartsWith("Step 30/60", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(MethodType.Dpo)]
    [InlineData(MethodType.Reinforcement)]
    public async Task Preferences_and_policies_whose_heads_die_again_and_again_end_with_the_same_bytes(MethodType method)
    {
        var prefix = await azurite.NewPrefixAsync();
        var account = azurite.Open(prefix);
        await account.CreateContainersAsync(default);
        JobRecord unbroken, job;
        await using (var head = await PipelineHead.StartAsync(account, NewFolder()))
        {
            var training = await head.UploadAsync(MethodData.Of(method, 16));
            var replay = new ReplayRequest(await head.UploadAsync(MethodData.Of(MethodType.Pretraining, 60), "text.jsonl"), 0.2);
            JobRequest Asked(JobRequest request) => request with { Method = MethodData.Request(method, epochs: 3) with { Replay = replay } };
            unbroken = await head.CreateAsync(training, with: Asked);
            unbroken = await head.UntilAsync(unbroken.Id, JobStatus.Succeeded);
            job = await head.CreateAsync(training, with: Asked);
        }

        // Of preferences while the reference is scored, too; of a policy also between the batches of answers of one step.
        var (deaths, inTheMiddle) = (0, 0);
        var parts = method == MethodType.Dpo ? "reference.json" : "rollouts";
        foreach (var (writes, counted) in new[] { (1, parts), (2, parts), (4, "checkpoints"), (2, parts) })
        {
            var transport = new DyingTransport(writes, sendsTheNext: writes % 2 == 0, counted);
            var head = await PipelineHead.StartAsync(Through(prefix, transport), NewFolder(), CommitsAfterEachStep);
            deaths += await DiesAsync(head, transport, job.Id) ? 1 : 0;
            await head.DisposeAsync();
            if (deaths > 1) await LetLeaseRunOutAsync(account, job.Id);
            inTheMiddle += await IsInTheMiddleAsync(account, job, method) ? 1 : 0;
        }
        Assert.True(deaths >= 2, $"the heads died {deaths} times");
        Assert.True(inTheMiddle >= 1, "no head died while a reference was scored or answers were drawn");

        await using var last = await PipelineHead.StartAsync(account, NewFolder());
        job = await last.UntilAsync(job.Id, JobStatus.Succeeded);
        Assert.Equal(await last.WeightsAsync(unbroken), await last.WeightsAsync(job));
        var steps = await last.Get<JobLog>().ListMetricsAsync(job.Id, 0, default);
        Assert.Equal(Enumerable.Range(1, 12), steps.Select(step => step.Step));
        var before = await last.Get<JobLog>().ListMetricsAsync(unbroken.Id, 0, default);
        Assert.Equal(before.Select(step => step.TrainLoss), steps.Select(step => step.TrainLoss));
        Assert.Equal(await ResultsAsync(last, unbroken), await ResultsAsync(last, job));
        var samples = await last.SamplesAsync(unbroken.Id);
        Assert.Equal(method == MethodType.Dpo ? 0 : 10, samples.Count);
        Assert.Equal(samples.Select(shown => shown.GetRawText()), (await last.SamplesAsync(job.Id)).Select(shown => shown.GetRawText()));
    }

    [Fact]
    public async Task A_job_whose_workflow_was_never_started_is_started_by_the_next_head()
    {
        var account = await azurite.NewAccountAsync();
        JobRecord job;
        await using (var head = await PipelineHead.StartAsync(account, NewFolder()))
        {
            var training = await head.UploadAsync(TinyModel.Dataset(12));
            job = new JobRecord
            {
                Id = JobId.New(TimeProvider.System),
                Model = PipelineHead.Tiny,
                BaseModel = PipelineHead.Tiny,
                TrainingFile = training,
                Seed = 1,
                Method = new JobMethod { Hyperparameters = new Hyperparameters { Epochs = 1 } },
                CreatedAt = DateTimeOffset.UtcNow,
            };
            await head.JobCatalog.CreateAsync(job, default);
        }
        await using var next = await PipelineHead.StartAsync(account, NewFolder());
        await next.UntilAsync(job.Id, JobStatus.Succeeded);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Whether there are scores of some pairs only, or answers of a step that was not taken.</summary>
    private static async Task<bool> IsInTheMiddleAsync(BlobAccount account, JobRecord job, MethodType method)
    {
        if (method == MethodType.Dpo)
            return await new References(account).FindAsync(job.StageId(), default) is { Finished: false };
        var step = (await new JobLog(account, TimeProvider.System).ReadHeadAsync(job.Id, default))?.Step ?? 0;
        return (await new RolloutStore(account).ReadAsync(job.StageId(), step, default)).Count > 0;
    }

    /// <summary>The hashes of the answers that were drawn; the metrics hold times.</summary>
    private static async Task<List<string>> ResultsAsync(PipelineHead head, JobRecord job)
    {
        var hashes = new List<string>();
        foreach (var id in job.ResultFiles.Skip(1))
            hashes.Add((await head.Get<FileCatalog>().FindAsync(id, default))!.Sha256);
        return hashes;
    }

    /// <summary>What the storage does by itself 15 seconds after the last renewal; the first death of a test waits for that.</summary>
    private static async Task LetLeaseRunOutAsync(BlobAccount account, JobId id)
    {
        var blob = account.Jobs.GetBlobClient($"{id}/head.json");
        if ((await blob.GetPropertiesAsync()).Value.LeaseState == LeaseState.Leased)
            await blob.GetBlobLeaseClient().BreakAsync(TimeSpan.Zero);
    }

    private static async Task<bool> DiesAsync(PipelineHead head, DyingTransport transport, JobId id)
    {
        for (var look = 0; look < 2400 && !transport.Death.IsCompleted; look++)
        {
            if (look % 20 == 0 && await HasEndedAsync(head, id))
                return false;
            await Task.Delay(25);
        }
        return true;
    }

    private static async Task<bool> HasEndedAsync(PipelineHead head, JobId id)
    {
        try
        {
            return (await head.JobCatalog.FindAsync(id, default))!.Status.IsFinal();
        }
        catch (Azure.RequestFailedException)
        {
            return false;
        }
    }

    private string NewFolder() => Path.Combine(_folder.Path, Guid.NewGuid().ToString("n"));

    private BlobAccount Through(string prefix, DyingTransport transport) =>
        new(JournalContainer.Through(azurite, transport), prefix);
}
