using Serverless.Learning.Adapters;
using Serverless.Local.Journal;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>Jobs from their files to their published models, on the journal and a real Azurite.</summary>
public sealed class FineTuneTests(AzuriteFixture azurite) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_job_trains_evaluates_and_publishes()
    {
        await using var head = await StartAsync();
        var training = await head.UploadAsync(TinyModel.Dataset(24));
        var validation = await head.UploadAsync(TinyModel.Dataset(12), "valid.jsonl");
        var job = await head.CreateAsync(training, validation, request => request with { Suffix = "tickets" });
        Assert.Equal(JobStatus.ValidatingFiles, job.Status);
        job = await head.UntilAsync(job.Id, JobStatus.Succeeded);

        Assert.Equal($"ft:tiny:local:tickets:{job.Id.Value[^8..]}", job.FineTunedModel!.Value.Value);
        var model = await head.Get<ModelCatalog>().FindAsync(job.FineTunedModel!.Value, default);
        Assert.Equal((ModelKind.Published, job.Id), (model!.Kind, model.JobId));
        Assert.Contains(model.Parts, part => part.Path == "README.md");
        Assert.True(job.StartedAt >= job.CreatedAt && job.FinishedAt >= job.StartedAt);
        Assert.Equal(await TokensAsync(head, training) * job.Options!.Epochs, job.TrainedTokens);
        var evaluation = await head.Get<JobEvaluations>().FindAsync(job.Id, default);
        Assert.Equal((true, 12, 12, 12), (evaluation!.Finished, evaluation.Examples, evaluation.Base.Answered, evaluation.Tuned.Scored));
        Assert.True(evaluation.Tuned.Scores.Loss < evaluation.Base.Scores.Loss);
        await AssertResultFileAsync(head, job);
    }

    [Fact]
    public async Task Each_epoch_is_validated_and_the_last_ones_are_checkpoints()
    {
        await using var head = await StartAsync();
        var training = await head.UploadAsync(TinyModel.Dataset(20));
        var validation = await head.UploadAsync(TinyModel.Dataset(16), "valid.jsonl");
        var job = await head.CreateAsync(training, validation, Epochs(5));
        job = await head.UntilAsync(job.Id, JobStatus.Succeeded);

        var metrics = await head.Get<JobLog>().ListMetricsAsync(job.Id, 0, default);
        Assert.Equal([5, 10, 15, 20, 25], metrics.Where(step => step.ValidLoss is not null).Select(step => step.Step));
        var committed = (await head.Get<JobLog>().ReadHeadAsync(job.Id, default))!.Checkpoints;
        Assert.Equal([15, 20, 25], committed.Select(checkpoint => checkpoint.Step));
        Assert.Equal(metrics.Where(step => step.Step >= 15 && step.ValidLoss is not null).Select(step => step.ValidLoss), committed.Select(checkpoint => checkpoint.Metrics!.ValidLoss));
        var evaluation = await head.Get<JobEvaluations>().FindAsync(job.Id, default);
        Assert.Equal(evaluation!.Tuned.Scores.Loss, committed[^1].Metrics!.FullValidLoss);
        // The published weights are rounded to bfloat16; the trained ones are not.
        Assert.Equal(committed[^1].Metrics!.ValidLoss!.Value, evaluation.Tuned.Scores.Loss, 0.02);
        var messages = await head.MessagesAsync(job.Id);
        Assert.Matches("^Step 25/25: training loss=[0-9.]+, validation loss=[0-9.]+$", messages.Single(message => message.StartsWith("Step 25/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_checkpoint_becomes_a_model_when_it_is_asked_for()
    {
        await using var head = await StartAsync();
        var training = await head.UploadAsync(TinyModel.Dataset(20));
        var job = await head.CreateAsync(training, with: Lora(4));
        job = await head.UntilAsync(job.Id, JobStatus.Succeeded);
        var models = head.Get<CheckpointModels>();
        var names = ((int[])[5, 10]).Select(step => ModelId.Published("tiny", "local", null, job.Id, step)).ToList();
        Assert.Null(await head.Get<ModelCatalog>().FindAsync(names[0], default));
        var both = await Task.WhenAll(models.FindAsync(names[0], default), models.FindAsync(names[0], default));
        Assert.Equal(both[0]!.Folder, both[1]!.Folder);
        Assert.Equal((ModelKind.Checkpoint, job.Id, PipelineHead.Tiny), (both[0]!.Kind, both[0]!.JobId!.Value, both[0]!.BaseModel!.Value));
        var weights = both[0]!.Parts.Single(part => part.Path == "model.safetensors").Sha256;
        Assert.NotEqual(await head.WeightsAsync(job), weights);
        var last = await models.FindAsync(names[1], default);
        Assert.Equal(await head.WeightsAsync(job), last!.Parts.Single(part => part.Path == "model.safetensors").Sha256);

        var next = await head.CreateAsync(training, with: request => Epochs(1)(request) with { Model = names[0] });
        Assert.Equal(PipelineHead.Tiny, (await head.UntilAsync(next.Id, JobStatus.Succeeded)).BaseModel);
        foreach (var name in (string[])[names[0].Value + "0", names[0].Value[..^1], "tiny:ckpt-step-5", "tiny"])
            Assert.Equal(name == "tiny", await models.FindAsync(new ModelId(name), default) is not null);
    }

    [Fact]
    public async Task Validation_does_not_change_the_weights()
    {
        await using var head = await StartAsync();
        var training = await head.UploadAsync(TinyModel.Dataset(20));
        var validation = await head.UploadAsync(TinyModel.Dataset(16), "valid.jsonl");
        // One after the other: whoever finds no slot looks again after five seconds.
        var with = await head.CreateAsync(training, validation, Lora(4));
        with = await head.UntilAsync(with.Id, JobStatus.Succeeded);
        var without = await head.CreateAsync(training, with: Lora(4));
        without = await head.UntilAsync(without.Id, JobStatus.Succeeded);
        Assert.Equal(await head.WeightsAsync(without), await head.WeightsAsync(with));
    }

    [Fact]
    public async Task The_events_tell_the_job_in_order()
    {
        await using var head = await StartAsync();
        var job = await head.CreateAsync(await head.UploadAsync(TinyModel.Dataset(10), waits: false), with: Epochs(3));
        job = await head.UntilAsync(job.Id, JobStatus.Succeeded);
        var messages = await UntilSaidAsync(head, job.Id, "The job has successfully completed");
        Assert.Equal(
            [
                $"Validating training file: {job.TrainingFile}",
                "train.jsonl: found 10 examples; clear improvements usually need 50 or more",
                "Files validated, moving job to queued state",
                "Fine-tuning job started",
                "Step 1/9: training loss=_",
                "Checkpoint created at step 3",
                "Checkpoint created at step 6",
                "Step 9/9: training loss=_",
                "Checkpoint created at step 9",
                $"New fine-tuned model created: {job.FineTunedModel}",
                "The job has successfully completed",
            ],
            messages.Select(message => System.Text.RegularExpressions.Regex.Replace(message, "(?<=loss=)[0-9.]+$", "_")));
    }

    [Fact]
    public async Task Chunks_of_one_step_of_seven_and_of_all_end_with_the_same_bytes()
    {
        var weights = new HashSet<string>();
        // Sixteen steps; each of the two epochs ends with a checkpoint, and so does each chunk.
        foreach (var (steps, expected, ends) in ((int?, int[], int[])[])[(1, [.. Enumerable.Range(1, 16)], [.. Enumerable.Range(1, 16)]), (7, [7, 8, 14, 16], [7, 14, 16]), (null, [8, 16], [16])])
        {
            using var telemetry = new JobTelemetry();
            await using var head = await StartAsync(new PipelineSettings { ChunkSteps = steps });
            var job = await head.CreateAsync(await head.UploadAsync(TinyModel.Dataset(30)), with: Lora(4));
            job = await head.UntilAsync(job.Id, JobStatus.Succeeded);
            weights.Add(await head.WeightsAsync(job) + await head.WeightsAsync(job, "adapter/adapter_model.safetensors"));
            var checkpoints = (await head.MessagesAsync(job.Id)).Where(message => message.StartsWith("Checkpoint created", StringComparison.Ordinal));
            Assert.Equal(expected.Select(step => $"Checkpoint created at step {step}"), checkpoints);
            await AssertMeasuredAsync(head, job, telemetry, ends);
        }
        Assert.Single(weights);
    }

    [Fact]
    public async Task A_chunk_whose_time_is_up_at_once_still_takes_a_step_and_commits_it()
    {
        await using var head = await StartAsync(journal: new JournalSettings { ActivityBudget = TimeSpan.FromMilliseconds(1) });
        var job = await head.CreateAsync(await head.UploadAsync(TinyModel.Dataset(30)), with: Lora(4));
        await head.UntilAsync(job.Id, JobStatus.Succeeded);
        var checkpoints = (await head.MessagesAsync(job.Id)).Count(message => message.StartsWith("Checkpoint created", StringComparison.Ordinal));
        Assert.Equal(16, checkpoints);
    }

    [Fact]
    public async Task A_paused_job_lets_the_next_one_train_and_ends_with_the_same_bytes()
    {
        await using var head = await StartAsync();
        var training = await head.UploadAsync(TinyModel.Dataset(40));
        var unbroken = await head.CreateAsync(training, with: Epochs(12));
        unbroken = await head.UntilAsync(unbroken.Id, JobStatus.Succeeded);

        var job = await head.CreateAsync(training, with: Epochs(12));
        await head.UntilAsync(job.Id, JobStatus.Running);
        await head.UntilStepAsync(job.Id, 5);
        Assert.Equal(JobStatus.Running, (await head.Jobs.PauseAsync(job.Id, default)).Status);
        await head.UntilAsync(job.Id, JobStatus.Paused);
        var other = await head.CreateAsync(training, with: Epochs(1));
        await head.UntilAsync(other.Id, JobStatus.Succeeded);
        Assert.Equal(JobStatus.Paused, (await head.JobCatalog.FindAsync(job.Id, default))!.Status);
        Assert.Equal(JobStatus.Queued, (await head.Jobs.ResumeAsync(job.Id, default)).Status);
        job = await head.UntilAsync(job.Id, JobStatus.Succeeded);

        Assert.Equal(await head.WeightsAsync(unbroken), await head.WeightsAsync(job));
        var messages = await head.MessagesAsync(job.Id);
        Assert.Contains("Fine-tuning job paused", messages);
        Assert.Contains("Fine-tuning job resumed", messages);
    }

    [Fact]
    public async Task A_running_job_is_cancelled_within_two_seconds_and_its_slot_is_free()
    {
        await using var head = await StartAsync();
        var training = await head.UploadAsync(TinyModel.Dataset(40));
        var job = await head.CreateAsync(training, with: Epochs(50));
        await head.UntilStepAsync(job.Id, 3);
        var waiting = await head.CreateAsync(training, with: Epochs(1));
        await head.UntilAsync(waiting.Id, JobStatus.Queued);

        var begun = TimeProvider.System.GetTimestamp();
        Assert.Equal(JobStatus.Cancelled, (await head.Jobs.CancelAsync(job.Id, default)).Status);
        await UntilSaidAsync(head, job.Id, "Fine-tuning job cancelled");
        Assert.InRange(TimeProvider.System.GetElapsedTime(begun).TotalSeconds, 0, 4);
        await head.UntilAsync(waiting.Id, JobStatus.Succeeded);
        job = (await head.JobCatalog.FindAsync(job.Id, default))!;
        Assert.Equal((JobStatus.Cancelled, null, null), (job.Status, job.FinishedAt, job.FineTunedModel));
    }

    [Fact]
    public async Task A_job_can_be_cancelled_and_paused_before_it_trains()
    {
        await using var head = await StartAsync();
        var training = await head.UploadAsync(TinyModel.Dataset(40));
        var running = await head.CreateAsync(training, with: Epochs(50));
        await head.UntilAsync(running.Id, JobStatus.Running);
        var cancelled = await head.CreateAsync(training);
        var paused = await head.CreateAsync(training, with: Epochs(1));
        await head.UntilAsync(cancelled.Id, JobStatus.Queued);
        await head.UntilAsync(paused.Id, JobStatus.Queued);
        Assert.Equal(JobStatus.Cancelled, (await head.Jobs.CancelAsync(cancelled.Id, default)).Status);
        Assert.Equal(JobStatus.Paused, (await head.Jobs.PauseAsync(paused.Id, default)).Status);
        await head.Jobs.CancelAsync(running.Id, default);
        await UntilSaidAsync(head, running.Id, "Fine-tuning job cancelled");
        await Task.Delay(200);
        Assert.Equal(JobStatus.Paused, (await head.JobCatalog.FindAsync(paused.Id, default))!.Status);
        await head.Jobs.ResumeAsync(paused.Id, default);
        await head.UntilAsync(paused.Id, JobStatus.Succeeded);
    }

    [Fact]
    public async Task A_tuned_model_is_the_base_of_another_job()
    {
        await using var head = await StartAsync();
        var training = await head.UploadAsync(TinyModel.Dataset(20));
        var first = await head.CreateAsync(training, with: Epochs(1));
        first = await head.UntilAsync(first.Id, JobStatus.Succeeded);
        var second = await head.CreateAsync(training, with: request => Epochs(1)(request) with { Model = first.FineTunedModel!.Value });
        second = await head.UntilAsync(second.Id, JobStatus.Succeeded);
        Assert.Equal(PipelineHead.Tiny, second.BaseModel);
        Assert.NotEqual(await head.WeightsAsync(first), await head.WeightsAsync(second));
    }

    public void Dispose() => _folder.Dispose();

    internal static Func<JobRequest, JobRequest> Epochs(int epochs) => request => request with
    {
        Method = new JobMethod { Hyperparameters = new Hyperparameters { Epochs = epochs, BatchSize = 4 } },
    };

    private static Func<JobRequest, JobRequest> Lora(int rank) => request => Epochs(2)(request) with
    {
        Adapter = new AdapterRequest { Type = AdapterKind.Lora, Rank = rank },
    };

    internal static async Task<IReadOnlyList<string>> UntilSaidAsync(PipelineHead head, JobId id, string last)
    {
        for (var look = 0; look < 1200; look++)
        {
            var messages = await head.MessagesAsync(id);
            if (messages.Count > 0 && messages[^1] == last)
                return messages;
            await Task.Delay(50);
        }
        throw new TimeoutException($"waited in vain for the event '{last}'");
    }

    private static async Task<long> TokensAsync(PipelineHead head, FileId id) =>
        (await head.Get<FileCatalog>().FindAsync(id, default))!.Report!.Tokens;

    private static async Task AssertResultFileAsync(PipelineHead head, JobRecord job)
    {
        var file = await head.Get<FileCatalog>().FindAsync(Assert.Single(job.ResultFiles), default);
        Assert.Equal(("step_metrics.csv", "fine-tune-results", FileStatus.Processed), (file!.Name, file.Purpose, file.Status));
        await using var stream = await head.Get<FileStore>().OpenAsync(file.Id, 0, default);
        var lines = (await new StreamReader(stream!).ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy", lines[0]);
        var plan = await head.Get<JobPlans>().FindAsync(job.StageId(), default);
        Assert.Equal(plan!.TotalSteps + 1, lines.Length);
        Assert.Matches(@"^1,[0-9.]+,[0-9.]+,,$", lines[1]);
    }

    /// <summary>Each chunk was a span, each step gave its loss and its tokens a second, and the wait for the slot was timed.</summary>
    private static async Task AssertMeasuredAsync(PipelineHead head, JobRecord job, JobTelemetry telemetry, int[] ends)
    {
        Assert.Equal(ends, telemetry.ChunkSteps(job.Id));
        var steps = await head.Get<JobLog>().ListMetricsAsync(job.Id, 0, default);
        Assert.Equal(steps.Select(step => step.TrainLoss!.Value), telemetry.Values("serverless.training.loss", job.Id));
        Assert.Equal(steps.Select(step => step.Tokens / step.Seconds), telemetry.Values("serverless.training.rate", job.Id));
        Assert.NotEmpty(telemetry.Values("serverless.queue.age", null));
    }

    private async Task<PipelineHead> StartAsync(PipelineSettings? settings = null, JournalSettings? journal = null) =>
        await PipelineHead.StartAsync(
            await azurite.NewAccountAsync(), Path.Combine(_folder.Path, Guid.NewGuid().ToString("n")), settings, journal);
}
