using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>Chunks that are told to stop in the middle of a step, because the process ends: the step is dropped, and those before it are committed.</summary>
public sealed class DroppedStepTests(AzuriteFixture azurite) : IDisposable
{
    private const int Steps = 3, BatchSize = 192;
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_job_that_is_stopped_within_its_steps_commits_the_last_whole_one_and_ends_as_one_that_is_not()
    {
        await using var head = await PipelineHead.StartAsync(await azurite.NewAccountAsync(), _folder.Path);
        var file = await head.UploadAsync(ExamplesOf(Steps));
        var (unbroken, expected) = await UnbrokenAsync(head, file);
        var job = await CreateAsync(head, file);
        for (var step = 1; step < Steps; step++)
        {
            // Within the one after it, of which this is an eighth.
            Assert.Equal(StageOutcome.More, await StopAfterAsync(head, job, step, TimeSpan.FromSeconds(expected[step].Seconds / 8)));
            var committed = await job.HeadAsync();
            Assert.Equal((step, null), (committed.Step, committed.Parked));
            Assert.Equal(expected.Take(step).Sum(one => one.Tokens), committed.TrainedTokens);
            Assert.Equal(step, (await head.Get<JobLog>().ListMetricsAsync(job.Id, 0, default)).Count);
        }
        await job.TrainAsync();

        var found = await head.Get<JobLog>().ListMetricsAsync(job.Id, 0, default);
        Assert.Equal(expected.Select(one => (one.Step, one.TrainLoss, one.GradientNorm, one.Tokens)), found.Select(one => (one.Step, one.TrainLoss, one.GradientNorm, one.Tokens)));
        Assert.Equal(await MessagesAsync(head, unbroken), await MessagesAsync(head, job));
        await unbroken.UntilDoneAsync<Publish>();
        await job.UntilDoneAsync<Publish>();
        Assert.Equal(await head.WeightsAsync(await unbroken.RecordAsync()), await head.WeightsAsync(await job.RecordAsync()));
    }

    [Fact]
    public async Task A_job_that_is_paused_within_a_step_takes_it_to_its_end_and_no_more_than_it_has_to()
    {
        await using var head = await PipelineHead.StartAsync(await azurite.NewAccountAsync(), _folder.Path, new PipelineSettings { WishInterval = TimeSpan.FromMilliseconds(50) });
        // More than are taken, on a slow machine too, until the wish is known.
        var job = await CreateAsync(head, await head.UploadAsync(ExamplesOf(20)));
        var paused = Task.CompletedTask;
        var clock = await AfterAsync(job, 1, () => paused = head.Jobs.PauseAsync(job.Id, TestContext.Current.CancellationToken));

        Assert.Equal(StageResult.Yield, (await ChunkAsync(head, job, clock, default)).Result);

        await paused;
        Assert.InRange((await job.HeadAsync()).Step, 2, 19);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Long answers: a step has four micro-batches.</summary>
    private static string ExamplesOf(int steps) => string.Concat(Enumerable.Range(0, steps * BatchSize).Select(number => JsonSerializer.Serialize(new
    {
        messages = new[]
        {
            new { role = "user", content = $"Ticket {number}" },
            new { role = "assistant", content = string.Join(", ", Enumerable.Repeat("the parcel has not arrived and the tracking page shows nothing", 2)) },
        },
    }) + "\n"));

    private static Task<SteppedJob> CreateAsync(PipelineHead head, FileId file) => SteppedJob.CreateAsync(head, file, null, request => request with
    {
        Method = new JobMethod { Type = MethodType.Supervised, Hyperparameters = new Hyperparameters { Epochs = 1, BatchSize = BatchSize, LearningRate = 2e-3 } },
    });

    /// <summary>A job that nothing interrupts; its slot is free for another one.</summary>
    private static async Task<(SteppedJob Job, IReadOnlyList<JobMetrics> Metrics)> UnbrokenAsync(PipelineHead head, FileId file)
    {
        var job = await CreateAsync(head, file);
        await job.TrainAsync();
        await head.Get<Admission>().ReleaseAsync(job.Id, default);
        var metrics = await head.Get<JobLog>().ListMetricsAsync(job.Id, 0, default);
        Assert.Equal(Steps, metrics.Count);
        return (job, metrics);
    }

    /// <summary>One chunk, which another head would take up, and which is stopped some time after a step.</summary>
    private static async Task<StageOutcome> StopAfterAsync(PipelineHead head, SteppedJob job, int step, TimeSpan pause)
    {
        using var stop = new CancellationTokenSource();
        return await ChunkAsync(head, job, await AfterAsync(job, step, () => stop.CancelAfter(pause)), stop.Token);
    }

    /// <summary>Does something between a step that was looked at and the next one: a step looks at the clock when it is taken and when it was looked at.</summary>
    private static async Task<StepClock> AfterAsync(SteppedJob job, int step, Action act)
    {
        var left = 2 * (step - (await job.HeadAsync()).Step);
        return new StepClock(() =>
        {
            if (--left == 0)
                act();
        });
    }

    private static async Task<StageOutcome> ChunkAsync(PipelineHead head, SteppedJob job, StepClock clock, CancellationToken stop)
    {
        var chunk = ActivatorUtilities.CreateInstance<TrainChunk>(head.Get<IServiceProvider>(), clock);
        var outcome = await chunk.RunAsync(job.Id, new ActivityScope(job.Id.Value, DateTimeOffset.UtcNow + TimeSpan.FromMinutes(4), stop));
        await head.Get<TrainingSessions>().CloseAsync(job.Id);
        return outcome;
    }

    private static async Task<IEnumerable<string>> MessagesAsync(PipelineHead head, SteppedJob job) =>
        (await head.MessagesAsync(job.Id)).Where(message => !message.StartsWith("Checkpoint created", StringComparison.Ordinal));
}
