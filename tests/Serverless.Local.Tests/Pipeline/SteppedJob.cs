using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Service.Pipeline.FineTuning.Teaching;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>A job that no workflow knows of: a test calls its activities itself, also those that no workflow would call at that moment.</summary>
internal sealed class SteppedJob(PipelineHead head, JobId id)
{
    public JobId Id { get; } = id;

    /// <summary>Makes the record of a job and brings it to its first step.</summary>
    public static async Task<SteppedJob> CreateAsync(PipelineHead head, FileId training, FileId? validation, Func<JobRequest, JobRequest> with)
    {
        var request = with(new JobRequest { Model = PipelineHead.Tiny, TrainingFile = training, ValidationFile = validation, Seed = 7 });
        var (drafted, _) = await head.Jobs.DraftAsync(request, default);
        var job = new SteppedJob(head, (await head.JobCatalog.CreateAsync(drafted, default)).Id);
        await job.UntilDoneAsync<ValidateFiles>();
        await job.UntilDoneAsync<Prepare>();
        await job.UntilDoneAsync<Admit>();
        return job;
    }

    public async Task<JobRecord> RecordAsync() => (await head.JobCatalog.FindAsync(Id, default))!;

    public async Task<JobHead> HeadAsync() => (await head.Get<JobLog>().ReadHeadAsync(Id, default))!;

    /// <summary>Calls an activity once.</summary>
    public Task<StageOutcome> CallAsync<T>()
        where T : IActivity<JobId, StageOutcome> =>
        head.Get<T>().RunAsync(Id, new ActivityScope(Id.Value, DateTimeOffset.UtcNow + TimeSpan.FromMinutes(4), TestContext.Current.CancellationToken));

    /// <summary>Calls an activity until it says that it is done.</summary>
    public async Task UntilDoneAsync<T>()
        where T : IActivity<JobId, StageOutcome>
    {
        for (var call = 0; call < 200; call++)
        {
            var outcome = await CallAsync<T>();
            if (outcome.Result is StageResult.Done or StageResult.Train)
                return;
            Assert.True(outcome.Result is StageResult.More or StageResult.Wait, $"{typeof(T).Name}: {outcome}");
            if (outcome.Result == StageResult.Wait)
                await Task.Delay(50, TestContext.Current.CancellationToken);
        }
        Assert.Fail($"{typeof(T).Name} is not done after 200 calls");
    }

    /// <summary>Teaches and trains the present stage to its end.</summary>
    public async Task TrainAsync()
    {
        await UntilDoneAsync<Teach>();
        await UntilDoneAsync<TrainChunk>();
    }
}
