using Microsoft.Extensions.DependencyInjection;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Service.Storage;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>Chunks that are interrupted while the model is validated and answers, after a step and before the next: the look is repeated, and nothing is lost.</summary>
public sealed class InterruptedLookTests(AzuriteFixture azurite) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(MethodType.Supervised, 1, 3)]
    [InlineData(MethodType.Supervised, 3, 1)]
    [InlineData(MethodType.Dpo, 1, 3)]
    public async Task A_job_that_is_stopped_at_its_looks_ends_as_one_that_is_not(MethodType method, int stopAt, int looks)
    {
        var account = await azurite.NewAccountAsync();
        await using var head = await PipelineHead.StartAsync(account, _folder.Path);
        var file = await head.UploadAsync(MethodData.Of(method, 12));
        var unbroken = await TrainedAsync(head, file, method);
        var job = await CreateAsync(head, file, method);

        var (parked, calls) = (0, 0);
        for (var outcome = StageOutcome.More; outcome.Result != StageResult.Done; calls++)
        {
            Assert.True(calls < 100 && outcome.Result == StageResult.More, $"{outcome} at call {calls}");
            outcome = await ChunkAsync(head, job, stopAt);
            var committed = await job.HeadAsync();
            if (committed.Parked is { } left)
            {
                parked++;
                Assert.True(left.Step > committed.Step);
                // What was done is shown, but for the step that is not complete.
                Assert.Equal(left.Step - 1, (await head.Get<JobLog>().ListMetricsAsync(job.Id, 0, default)).Count);
            }
        }
        Assert.Equal(looks, parked);

        await AssertSameAsync(head, account, unbroken, job);
    }

    [Fact]
    public async Task A_parked_step_that_cannot_be_read_is_taken_again_from_the_checkpoint_before_it_and_not_told_again()
    {
        var account = await azurite.NewAccountAsync();
        await using var head = await PipelineHead.StartAsync(account, _folder.Path);
        var file = await head.UploadAsync(TinyModel.Dataset(12));
        var unbroken = await TrainedAsync(head, file);
        var job = await CreateAsync(head, file);
        await ChunkAsync(head, job, stopAt: 3);
        var parked = await job.HeadAsync();
        Assert.Equal((0, 2), (parked.Step, parked.Parked!.Step));
        await account.Jobs.GetBlobClient(parked.Parked.Manifest).UploadAsync(new BinaryData("no manifest"), overwrite: true);

        await job.TrainAsync();

        var told = Assert.Single(await head.MessagesAsync(job.Id), message => message.Contains("is damaged", StringComparison.Ordinal));
        Assert.Equal($"The checkpoint {parked.Parked.Manifest} is damaged: the manifest cannot be read. The job goes on from step 0 instead of step 2", told);
        await AssertSameAsync(head, account, unbroken, job, told);
    }

    [Fact]
    public async Task What_is_parked_goes_with_a_job_that_is_cancelled()
    {
        var account = await azurite.NewAccountAsync();
        await using var head = await PipelineHead.StartAsync(account, _folder.Path);
        var job = await CreateAsync(head, await head.UploadAsync(TinyModel.Dataset(12)));
        await ChunkAsync(head, job, stopAt: 3);
        Assert.NotNull((await job.HeadAsync()).Parked);

        await head.Get<Finish>().RunAsync(new JobEnd(job.Id, JobMove.Cancel), new ActivityScope(job.Id.Value, DateTimeOffset.MaxValue, default));

        Assert.Null((await job.HeadAsync()).Parked);
        Assert.Equal(await NamedAsync(job), await FoldersAsync(account, job));
    }

    [Fact]
    public async Task A_wish_reaches_a_look_that_is_under_way()
    {
        await using var head = await PipelineHead.StartAsync(await azurite.NewAccountAsync(), _folder.Path, new PipelineSettings { WishInterval = TimeSpan.FromMilliseconds(5) });
        var job = await CreateAsync(head, await head.UploadAsync(TinyModel.Dataset(12)));
        var parked = false;
        // Every second step has a look; on a machine that is busy the first one may be over before the wish is read.
        for (var attempt = 0; attempt < 6 && !parked; attempt++)
        {
            var asked = 0;
            var clock = new StepClock(() =>
            {
                if (Interlocked.Exchange(ref asked, 1) == 0)
                {
                    head.Jobs.PauseAsync(job.Id, CancellationToken.None).Wait();
                    Thread.Sleep(TimeSpan.FromMilliseconds(300));
                }
            });
            Assert.Equal(StageResult.Yield, (await ChunkAsync(head, job, clock)).Result);
            parked = (await job.HeadAsync()).Parked is not null;
            await head.Jobs.ResumeAsync(job.Id, default);
        }
        Assert.True(parked);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Three epochs of two steps, each with a look at its end: validation and sample answers.</summary>
    private static Task<SteppedJob> CreateAsync(PipelineHead head, FileId file, MethodType method = MethodType.Supervised) =>
        SteppedJob.CreateAsync(head, file, file, request => request with
        {
            Method = new JobMethod { Type = method, Hyperparameters = new Hyperparameters { Epochs = 3, BatchSize = 6, LearningRate = 2e-3 } },
        });

    /// <summary>A job that nothing interrupts; its slot is free for another one.</summary>
    private static async Task<SteppedJob> TrainedAsync(PipelineHead head, FileId file, MethodType method = MethodType.Supervised)
    {
        var job = await CreateAsync(head, file, method);
        await job.TrainAsync();
        await head.Get<Admission>().ReleaseAsync(job.Id, default);
        return job;
    }

    /// <summary>One chunk, which another head would take up, and which is stopped when the clock is looked at for that time: each step does so before and after its look.</summary>
    private static async Task<StageOutcome> ChunkAsync(PipelineHead head, SteppedJob job, int stopAt)
    {
        using var stop = new CancellationTokenSource();
        var looks = 0;
        var clock = new StepClock(() =>
        {
            if (++looks == stopAt)
                stop.Cancel();
        });
        return await ChunkAsync(head, job, clock, stop.Token);
    }

    private static async Task<StageOutcome> ChunkAsync(PipelineHead head, SteppedJob job, StepClock clock, CancellationToken stop = default)
    {
        var chunk = ActivatorUtilities.CreateInstance<TrainChunk>(head.Get<IServiceProvider>(), clock);
        var outcome = await chunk.RunAsync(job.Id, new ActivityScope(job.Id.Value, DateTimeOffset.UtcNow + TimeSpan.FromMinutes(4), stop));
        await head.Get<TrainingSessions>().CloseAsync(job.Id);
        return outcome;
    }

    private static async Task AssertSameAsync(PipelineHead head, BlobAccount account, SteppedJob unbroken, SteppedJob job, string? told = null)
    {
        Assert.Null((await job.HeadAsync()).Parked);
        Assert.Equal(await NamedAsync(job), await FoldersAsync(account, job));
        var (before, after) = (await MetricsAsync(head, unbroken), await MetricsAsync(head, job));
        Assert.Equal(Enumerable.Range(1, 6), after.Select(step => step.Step));
        Assert.Equal(3, after.Count(step => step.ValidLoss is not null));
        Assert.Equal(before.Select(step => (step.TrainLoss, step.ValidLoss, step.GradientNorm, step.Tokens)), after.Select(step => (step.TrainLoss, step.ValidLoss, step.GradientNorm, step.Tokens)));
        Assert.Equal(before.SelectMany(step => step.Figures), after.SelectMany(step => step.Figures));
        Assert.Equal(await MessagesAsync(head, unbroken), (await MessagesAsync(head, job)).Where(message => message != told));
        Assert.Equal((await head.SamplesAsync(unbroken.Id)).Select(shown => shown.GetRawText()), (await head.SamplesAsync(job.Id)).Select(shown => shown.GetRawText()));
        Assert.NotEmpty(await head.SamplesAsync(job.Id));
        await unbroken.UntilDoneAsync<Publish>();
        await job.UntilDoneAsync<Publish>();
        Assert.Equal(await head.WeightsAsync(await unbroken.RecordAsync()), await head.WeightsAsync(await job.RecordAsync()));
    }

    private static Task<IReadOnlyList<JobMetrics>> MetricsAsync(PipelineHead head, SteppedJob job) => head.Get<JobLog>().ListMetricsAsync(job.Id, 0, default);

    private static async Task<IEnumerable<string>> MessagesAsync(PipelineHead head, SteppedJob job) =>
        (await head.MessagesAsync(job.Id)).Where(message => !message.StartsWith("Checkpoint created", StringComparison.Ordinal));

    private static async Task<IEnumerable<string>> NamedAsync(SteppedJob job) =>
        (await job.HeadAsync()).Checkpoints.Select(checkpoint => checkpoint.Manifest[..(checkpoint.Manifest.LastIndexOf('/') + 1)]).Order(StringComparer.Ordinal);

    private static async Task<IEnumerable<string>> FoldersAsync(BlobAccount account, SteppedJob job)
    {
        var folders = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var blob in account.Jobs.GetBlobsAsync(new() { Prefix = $"{job.Id}/checkpoints/" }, default))
            folders.Add(blob.Name[..(blob.Name.LastIndexOf('/') + 1)]);
        return folders;
    }
}
