using Microsoft.Extensions.Logging.Abstractions;
using Serverless.Learning.Adapters;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>Activities that are called twice at a time, or so late that the job has gone on meanwhile, as a cloud's engine may call them.</summary>
public sealed class LateCallTests(AzuriteFixture azurite) : IDisposable
{
    private static readonly PipelineSettings StepByStep = new() { ChunkSteps = 1 };
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Nothing_is_evaluated_or_published_while_another_call_works_on_the_job()
    {
        var account = await azurite.NewAccountAsync();
        await using var head = await PipelineHead.StartAsync(account, _folder.Path);
        var file = await head.UploadAsync(TinyModel.Dataset(12));
        var job = await SteppedJob.CreateAsync(head, file, file, FineTuneTests.Epochs(1));
        await job.TrainAsync();
        await using (await TrainerLease.TryAcquireAsync(account, job.Id, TimeProvider.System, NullLogger.Instance, default))
        {
            Assert.Equal(StageResult.Wait, (await job.CallAsync<Evaluate>()).Result);
            Assert.Equal(StageResult.Wait, (await job.CallAsync<Publish>()).Result);
        }
        Assert.Null(await head.Get<JobEvaluations>().FindAsync(job.Id, default));
        Assert.Null((await job.RecordAsync()).FineTunedModel);
        await job.UntilDoneAsync<Evaluate>();
        await job.UntilDoneAsync<Publish>();
        Assert.NotNull((await job.RecordAsync()).FineTunedModel);
    }

    [Fact]
    public async Task Calls_for_an_ended_stage_leave_the_next_one_as_it_is()
    {
        await using var head = await PipelineHead.StartAsync(await azurite.NewAccountAsync(), _folder.Path, StepByStep);
        var file = await head.UploadAsync(TinyModel.Dataset(12));
        var job = await SteppedJob.CreateAsync(head, file, file, Recipe);
        await job.TrainAsync();
        await job.UntilDoneAsync<Evaluate>();
        Assert.Equal(StageResult.Next, (await job.CallAsync<Publish>()).Result);
        Assert.Equal(StageResult.More, (await job.CallAsync<TrainChunk>()).Result);
        var before = await StateAsync(head, job);

        Assert.Equal(StageResult.Next, (await job.CallAsync<Evaluate>()).Result);
        Assert.Equal(StageResult.Next, (await job.CallAsync<Publish>()).Result);
        Assert.Equal(before, await StateAsync(head, job));
    }

    [Fact]
    public async Task The_tokens_of_a_process_that_ended_before_it_noted_them_are_taken_from_the_last_checkpoint()
    {
        await using var head = await PipelineHead.StartAsync(await azurite.NewAccountAsync(), _folder.Path);
        var job = await SteppedJob.CreateAsync(head, await head.UploadAsync(TinyModel.Dataset(12)), null, Recipe);
        await job.TrainAsync();
        var tokens = await TokensAsync(head, job);
        await ForgetAsync(head, job);
        await job.UntilDoneAsync<TrainChunk>();
        Assert.Equal(tokens, (await job.RecordAsync()).TrainedTokens);

        await ForgetAsync(head, job);
        Assert.Equal(StageResult.Next, (await job.CallAsync<Publish>()).Result);
        Assert.Equal(tokens, (await head.Get<JobPlans>().FindAsync(new StageId(job.Id, 1), default))!.TokensBefore);
        await job.TrainAsync();
        Assert.Equal(2 * tokens, await TokensAsync(head, job));
        await ForgetAsync(head, job);
        await job.UntilDoneAsync<Publish>();
        Assert.Equal(2 * tokens, (await job.RecordAsync()).TrainedTokens);
    }

    public void Dispose() => _folder.Dispose();

    internal static JobRequest Recipe(JobRequest request)
    {
        var stage = new RecipeStageRequest { Method = MethodData.Request(MethodType.Supervised), Adapter = new AdapterRequest { Type = AdapterKind.Full } };
        return request with { Method = new JobMethod { Type = MethodType.Recipe }, Stages = [stage, stage] };
    }

    private static async Task<long> TokensAsync(PipelineHead head, SteppedJob job) =>
        (await head.Get<JobLog>().ListMetricsAsync(job.Id, 0, default)).Sum(step => (long)step.Tokens);

    /// <summary>The record as it is when the process ends right after it has committed a checkpoint.</summary>
    private static async Task ForgetAsync(PipelineHead head, SteppedJob job) =>
        await head.JobCatalog.UpdateAsync(job.Id, record => record with { TrainedTokens = 1 }, default);

    private static async Task<(string, int, string, int, int)> StateAsync(PipelineHead head, SteppedJob job)
    {
        var record = await job.RecordAsync();
        var model = await head.Get<ModelCatalog>().FindAsync(record.Stages[0].Result!.Value, default);
        var plan = await head.Get<JobPlans>().FindAsync(new StageId(job.Id, 1), default);
        var evaluation = (await head.Get<JobEvaluations>().FindAsync(job.Id, default))!;
        return (plan!.ToString(), record.Stage, model!.Folder, evaluation.Stages.Length, evaluation.Tuned.Scored);
    }
}
