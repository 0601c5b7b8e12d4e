using Azure.Storage.Blobs.Specialized;
using Microsoft.Extensions.Logging.Abstractions;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Service.Storage;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>Checkpoints that cannot be read when a job that has trained is made a model.</summary>
public sealed class DamagedCheckpointTests(AzuriteFixture azurite) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_damaged_best_checkpoint_is_left_out_and_the_next_best_is_evaluated_and_published()
    {
        var account = await azurite.NewAccountAsync();
        await using var head = await PipelineHead.StartAsync(account, _folder.Path);
        var job = await StoppedEarlyAsync(head);
        var (best, next) = await BestTwoAsync(head, job);
        await DamageAsync(account, best);

        Assert.Equal(StageResult.Yield, (await job.CallAsync<Evaluate>()).Result);
        var told = (await head.MessagesAsync(job.Id))[^1];
        Assert.StartsWith($"The checkpoint {best.Manifest} is damaged: part weights.safetensors: ", told, StringComparison.Ordinal);
        Assert.EndsWith($" The model is that of step {next.Step} instead of step {best.Step}", told, StringComparison.Ordinal);
        await FinishAsync(head, job, next);
    }

    [Fact]
    public async Task A_best_checkpoint_that_is_found_damaged_after_its_evaluation_has_the_next_best_evaluated_before_that_is_published()
    {
        var account = await azurite.NewAccountAsync();
        await using var head = await PipelineHead.StartAsync(account, _folder.Path);
        var job = await StoppedEarlyAsync(head);
        var (best, next) = await BestTwoAsync(head, job);
        await job.UntilDoneAsync<Evaluate>();
        var before = (await head.Get<JobEvaluations>().FindAsync(job.Id, default))!;
        // The publisher is another machine than the one that evaluated.
        Directory.Delete(Path.Combine(head.Get<JobFolders>().Of(job.Id), $"export-{best.Step}"), recursive: true);
        await DamageAsync(account, best);

        Assert.Equal(StageResult.Yield, (await job.CallAsync<Publish>()).Result);
        Assert.False((await head.Get<JobEvaluations>().FindAsync(job.Id, default))!.Finished);
        await FinishAsync(head, job, next);
        var after = (await head.Get<JobEvaluations>().FindAsync(job.Id, default))!;
        Assert.Equal(before.Base.Scores, after.Base.Scores);
        Assert.NotEqual(before.Tuned.Scores, after.Tuned.Scores);
    }

    [Fact]
    public async Task A_trained_job_whose_checkpoints_are_all_damaged_fails_with_its_reason()
    {
        var account = await azurite.NewAccountAsync();
        await using var head = await PipelineHead.StartAsync(account, _folder.Path);
        var job = await StoppedEarlyAsync(head);
        foreach (var checkpoint in (await job.HeadAsync()).Checkpoints)
            await DamageAsync(account, checkpoint);
        await head.Get<TrainingSessions>().CloseAsync(job.Id);

        var outcome = await job.CallAsync<Evaluate>();
        for (var call = 0; call < 20 && outcome.Result == StageResult.Yield; call++)
            outcome = await job.CallAsync<TrainChunk>() is { Result: StageResult.Refuse } refused ? refused : await job.CallAsync<Evaluate>();

        var last = Assert.Single((await job.HeadAsync()).Checkpoints);
        Assert.Equal((StageResult.Refuse, "checkpoint_damaged"), (outcome.Result, outcome.Error!.Code));
        Assert.StartsWith($"The checkpoint {last.Manifest} is damaged: part ", outcome.Error.Message, StringComparison.Ordinal);
        Assert.EndsWith(" There is no other to go on from", outcome.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_only_checkpoint_that_is_found_damaged_fails_the_job_and_leaves_its_evaluation_as_it_is()
    {
        var account = await azurite.NewAccountAsync();
        await using var head = await PipelineHead.StartAsync(account, _folder.Path);
        var file = await head.UploadAsync(TinyModel.Dataset(12));
        var job = await SteppedJob.CreateAsync(head, file, file, FineTuneTests.Epochs(1));
        await job.TrainAsync();
        await job.UntilDoneAsync<Evaluate>();
        var only = Assert.Single((await job.HeadAsync()).Checkpoints);
        Directory.Delete(Path.Combine(head.Get<JobFolders>().Of(job.Id), $"export-{only.Step}"), recursive: true);
        await DamageAsync(account, only);

        var outcome = await job.CallAsync<Publish>();

        Assert.Equal((StageResult.Refuse, "checkpoint_damaged"), (outcome.Result, outcome.Error!.Code));
        Assert.True((await head.Get<JobEvaluations>().FindAsync(job.Id, default))!.Finished);
    }

    [Fact]
    public async Task Whoever_has_lost_the_job_leaves_its_evaluation_as_it_is_though_a_checkpoint_is_damaged()
    {
        var account = await azurite.NewAccountAsync();
        await using var head = await PipelineHead.StartAsync(account, _folder.Path);
        var job = await StoppedEarlyAsync(head);
        var (best, _) = await BestTwoAsync(head, job);
        await job.UntilDoneAsync<Evaluate>();
        Directory.Delete(Path.Combine(head.Get<JobFolders>().Of(job.Id), $"export-{best.Step}"), recursive: true);
        await DamageAsync(account, best);
        await using var lost = (await TakeAsync(account, job))!;
        await account.Jobs.GetBlobClient($"{job.Id}/head.json").GetBlobLeaseClient().BreakAsync(TimeSpan.Zero);
        await using var other = await TakeAsync(account, job);
        Assert.NotNull(other);
        // Noticed at the next renewal, some seconds later.
        while (!lost.Lost.IsCancellationRequested)
            await Task.Delay(50, TestContext.Current.CancellationToken);

        var record = await job.RecordAsync();
        await Assert.ThrowsAsync<LeaseLostException>(() => head.Get<JobExports>().FolderAsync(record, lost, default));
        Assert.True((await head.Get<JobEvaluations>().FindAsync(job.Id, default))!.Finished);
    }

    public void Dispose() => _folder.Dispose();

    private static Task<TrainerLease?> TakeAsync(BlobAccount account, SteppedJob job) =>
        TrainerLease.TryAcquireAsync(account, job.Id, TimeProvider.System, NullLogger.Instance, default);

    /// <summary>At this rate the tiny model soon knows its file by heart, and the other answers of the validation file less and less.</summary>
    private static async Task<SteppedJob> StoppedEarlyAsync(PipelineHead head)
    {
        var training = await head.UploadAsync(TinyModel.Dataset(20));
        var validation = await head.UploadAsync(TinyModel.Dataset(12).Replace("billing", "account", StringComparison.Ordinal), "valid.jsonl");
        var job = await SteppedJob.CreateAsync(head, training, validation, request => request with
        {
            Method = new JobMethod { Hyperparameters = new Hyperparameters { Epochs = 40, BatchSize = 4, LearningRate = 1e-2, EarlyStoppingPatience = 2 } },
        });
        await job.TrainAsync();
        return job;
    }

    private static async Task<(CommittedCheckpoint Best, CommittedCheckpoint Next)> BestTwoAsync(PipelineHead head, SteppedJob job)
    {
        Assert.NotNull((await head.Get<JobPlans>().FindAsync(new StageId(job.Id), default))!.StoppedAt);
        var ranked = (await job.HeadAsync()).Checkpoints.OrderBy(checkpoint => checkpoint.Metrics!.ValidLoss).ToList();
        Assert.NotEqual((await job.HeadAsync()).Newest, ranked[0]);
        return (ranked[0], ranked[1]);
    }

    private static async Task DamageAsync(BlobAccount account, CommittedCheckpoint checkpoint)
    {
        var folder = checkpoint.Manifest[..checkpoint.Manifest.LastIndexOf('/')];
        await account.Jobs.GetBlobClient($"{folder}/weights.safetensors").UploadAsync(new BinaryData("not weights"), overwrite: true);
    }

    /// <summary>Goes on as the workflow does, and looks at what is published.</summary>
    private static async Task FinishAsync(PipelineHead head, SteppedJob job, CommittedCheckpoint expected)
    {
        await job.UntilDoneAsync<Admit>();
        await job.TrainAsync();
        await job.UntilDoneAsync<Evaluate>();
        await job.UntilDoneAsync<Publish>();
        var evaluation = (await head.Get<JobEvaluations>().FindAsync(job.Id, default))!;
        Assert.True(evaluation.Finished);
        var noted = (await job.HeadAsync()).Checkpoints.Single(checkpoint => checkpoint.Step == expected.Step);
        Assert.Equal(evaluation.Tuned.Scores.Loss, noted.Metrics!.FullValidLoss);
        var model = await head.Get<CheckpointModels>().FindAsync(ModelId.Published("tiny", "local", null, job.Id, expected.Step), default);
        Assert.Equal(await head.WeightsAsync(await job.RecordAsync()), model!.Parts.Single(part => part.Path == "model.safetensors").Sha256);
    }
}
