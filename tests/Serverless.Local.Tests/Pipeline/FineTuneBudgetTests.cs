using Serverless.Learning;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>What a job costs, and that it stops where its owner said.</summary>
public sealed class FineTuneBudgetTests(AzuriteFixture azurite) : IDisposable
{
    /// <summary>A second costs 1, and is looked at after every few steps.</summary>
    private static readonly PipelineSettings Priced = new()
    {
        Prices = new PriceTable { Currency = "EUR", PerGbSecond = 1, InstanceMemoryMB = 1024 },
        WishInterval = TimeSpan.FromMilliseconds(1),
    };

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_job_at_its_budget_pauses_says_so_and_goes_on_with_a_higher_one()
    {
        await using var head = await PipelineHead.StartAsync(await azurite.NewAccountAsync(), _folder.Path, Priced);
        var created = await head.CreateAsync(
            await head.UploadAsync(TinyModel.Dataset(40)), with: request => FineTuneTests.Epochs(20)(request) with { Budget = 1e-9 });

        var paused = await head.UntilAsync(created.Id, JobStatus.Paused);
        await FineTuneTests.UntilSaidAsync(head, created.Id, Said(paused));
        var refused = await Assert.ThrowsAsync<InputError>(() => head.Jobs.ResumeAsync(created.Id, default));
        var tooLittle = await Assert.ThrowsAsync<InputError>(() => head.Jobs.ResumeAsync(created.Id, default, paused.Seconds / 2));
        var resumed = await head.Jobs.ResumeAsync(created.Id, default, 1e6);
        var done = await head.UntilAsync(created.Id, JobStatus.Succeeded);

        Assert.Equal(FormattableString.Invariant($"budget: job {created.Id} has cost {paused.Seconds:0.######} EUR, and its budget is 1E-09; allowed: a budget above what it has cost"), refused.Message);
        Assert.Equal(("budget", "budget"), (refused.Parameter, tooLittle.Parameter));
        Assert.Equal((JobStatus.Queued, 1e6), (resumed.Status, resumed.Budget));
        Assert.True(done.Seconds > paused.Seconds);
    }

    [Fact]
    public async Task The_time_that_a_job_has_cost_goes_on_over_chunks_and_heads_and_is_no_more_than_has_passed()
    {
        var account = await azurite.NewAccountAsync();
        var begun = TimeProvider.System.GetTimestamp();
        var chunks = Priced with { ChunkSteps = 20 };
        JobRecord job;
        double first;
        await using (var head = await PipelineHead.StartAsync(account, Path.Combine(_folder.Path, "1"), chunks))
        {
            job = await head.CreateAsync(await head.UploadAsync(TinyModel.Dataset(40)), await head.UploadAsync(TinyModel.Dataset(10), "valid.jsonl"), FineTuneTests.Epochs(20));
            await head.UntilStepAsync(job.Id, 30);
        }
        var log = new JobLog(account, TimeProvider.System);
        first = (await log.ReadHeadAsync(job.Id, default))!.Seconds;
        await using var second = await PipelineHead.StartAsync(account, Path.Combine(_folder.Path, "2"), chunks);
        job = await second.UntilAsync(job.Id, JobStatus.Succeeded);

        var steps = (await log.ListMetricsAsync(job.Id, 0, default)).Sum(step => step.Seconds);
        Assert.InRange(job.Seconds, Math.Max(first, steps), TimeProvider.System.GetElapsedTime(begun).TotalSeconds);
        Assert.Equal(1, job.Price!.MemoryGb);
    }

    public void Dispose() => _folder.Dispose();

    private static string Said(JobRecord job) => FormattableString.Invariant(
        $"Fine-tuning job paused at its budget of 1E-09 EUR: it has cost {job.Seconds:0.######}. Resume it with a higher budget");
}
