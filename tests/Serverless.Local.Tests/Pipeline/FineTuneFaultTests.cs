using System.Text;
using Serverless.Learning;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.Intake;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>What callers get wrong: where it is found, and what they are told.</summary>
public sealed class FineTuneFaultTests(AzuriteFixture azurite) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_file_with_faults_fails_its_job_with_them()
    {
        await using var head = await StartAsync();
        var broken = TinyModel.Dataset(12).Replace("assistant", "assitant", StringComparison.Ordinal);
        var job = await head.CreateAsync(await head.UploadAsync(broken, "broken.jsonl"));
        job = await head.UntilAsync(job.Id, JobStatus.Failed);
        Assert.Equal(("invalid_training_file", "training_file"), (job.Error!.Code, job.Error.Param));
        Assert.StartsWith(
            "broken.jsonl line 1, messages[2].role: found \"assitant\"; allowed: system, user, assistant, tool", job.Error.Message, StringComparison.Ordinal);
        var messages = await FineTuneTests.UntilSaidAsync(head, job.Id, $"The job failed: {job.Error.Message}");
        Assert.Equal(2, messages.Count);
        Assert.NotNull(job.FinishedAt);
    }

    [Fact]
    public async Task A_validation_file_with_faults_fails_its_job_too()
    {
        await using var head = await StartAsync();
        var job = await head.CreateAsync(await head.UploadAsync(TinyModel.Dataset(12)), await head.UploadAsync("", "empty.jsonl"));
        job = await head.UntilAsync(job.Id, JobStatus.Failed);
        Assert.Equal(
            new JobError(
                "invalid_validation_file",
                "empty.jsonl: found no line with an example; allowed: 10 examples or more, one JSON object per line",
                "validation_file"),
            job.Error);
    }

    [Fact]
    public async Task Examples_longer_than_the_context_are_named_by_line()
    {
        await using var head = await StartAsync();
        var lines = TinyModel.Dataset(12).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines[3] = lines[3].Replace("since yesterday", string.Concat(Enumerable.Repeat("since yesterday and ", 100)), StringComparison.Ordinal)
            .Replace("to my account", string.Concat(Enumerable.Repeat("to my account and ", 100)), StringComparison.Ordinal)
            .Replace("charged twice", string.Concat(Enumerable.Repeat("charged twice and ", 100)), StringComparison.Ordinal);
        var job = await head.CreateAsync(await head.UploadAsync(string.Join('\n', lines), "long.jsonl"));
        job = await head.UntilAsync(job.Id, JobStatus.Failed);
        Assert.Equal(("invalid_training_file", "training_file"), (job.Error!.Code, job.Error.Param));
        Assert.Matches("^long.jsonl line 4: found [0-9]+ tokens; allowed: 128$", job.Error.Message);
    }

    [Fact]
    public async Task A_file_that_is_deleted_while_the_job_waits_fails_it()
    {
        await using var head = await StartAsync();
        var busy = await head.CreateAsync(await head.UploadAsync(TinyModel.Dataset(40)), with: FineTuneTests.Epochs(50));
        await head.UntilAsync(busy.Id, JobStatus.Running);
        var training = await head.UploadAsync(TinyModel.Dataset(12));
        var job = await head.CreateAsync(training);
        await head.UntilAsync(job.Id, JobStatus.Queued);
        await head.Get<FileStore>().DeleteAsync(training, default);
        await head.Jobs.CancelAsync(busy.Id, default);
        job = await head.UntilAsync(job.Id, JobStatus.Failed);
        Assert.Equal(new JobError("invalid_training_file", $"training_file: the file {training} was deleted", "training_file"), job.Error);
    }

    [Fact]
    public async Task Requests_that_name_what_does_not_exist_or_fit_are_refused_at_once()
    {
        await using var head = await StartAsync();
        var good = await head.UploadAsync(TinyModel.Dataset(12));
        var other = await head.UploadAsync("anything", "notes.txt", "user_data");
        var missing = FileId.New(TimeProvider.System);
        await AssertRefusedAsync(head, $"invalid training_file: {missing}", "training_file", null, request => request with { TrainingFile = missing });
        await AssertRefusedAsync(
            head, $"invalid validation_file: {missing}", "validation_file", null, request => request with { TrainingFile = good, ValidationFile = missing });
        await AssertRefusedAsync(
            head,
            $"invalid training_file: {other} has the purpose 'user_data'; allowed: 'fine-tune'",
            "training_file",
            null,
            request => request with { TrainingFile = other });
        await AssertRefusedAsync(
            head,
            "The model 'gpt-9' does not exist or is not available for fine-tuning",
            "model",
            "model_not_available",
            request => request with { TrainingFile = good, Model = new ModelId("gpt-9") });
        await AssertRefusedAsync(
            head,
            "method.distillation.teacher: found 'socrates'; allowed: a model of this service, or a teacher of the configuration (none are)",
            "method.distillation.teacher",
            "model_not_available",
            request => request with
            {
                TrainingFile = good, Method = new JobMethod { Type = MethodType.Distillation, Distillation = new DistillationRequest { Teacher = "socrates" } },
            });
        Assert.Empty((await head.JobCatalog.ListAsync(null, 10, null, default)).Items);
    }

    [Fact]
    public async Task A_job_that_has_ended_can_be_neither_paused_nor_resumed_nor_cancelled()
    {
        await using var head = await StartAsync();
        var job = await head.CreateAsync(await head.UploadAsync(TinyModel.Dataset(12)), with: FineTuneTests.Epochs(1));
        await head.UntilAsync(job.Id, JobStatus.Succeeded);
        await AssertEndedAsync($"Job {job.Id} has already succeeded and cannot be cancelled", () => head.Jobs.CancelAsync(job.Id, default));
        await AssertEndedAsync($"Job {job.Id} has already succeeded and cannot be paused", () => head.Jobs.PauseAsync(job.Id, default));
        await AssertEndedAsync($"Job {job.Id} has already succeeded and cannot be resumed", () => head.Jobs.ResumeAsync(job.Id, default));
        var unknown = JobId.New(TimeProvider.System);
        await AssertEndedAsync($"Could not find fine tune: {unknown}", () => head.Jobs.CancelAsync(unknown, default));
    }

    [Fact]
    public async Task A_dropped_file_is_taken_once_and_counted_like_a_posted_one()
    {
        await using var head = await StartAsync();
        var account = head.Get<Service.Storage.BlobAccount>();
        var blob = account.Datasets.GetBlobClient("tickets/train.jsonl");
        var written = await blob.UploadAsync(new BinaryData(Encoding.UTF8.GetBytes(TinyModel.Dataset(15))));
        var intake = head.Get<FileIntake>();
        var first = await intake.TakeDropAsync("tickets/train.jsonl", written.Value.ETag, default);
        var again = await intake.TakeDropAsync("tickets/train.jsonl", written.Value.ETag, default);
        Assert.Equal(first!.Id, again!.Id);
        var posted = await head.UploadAsync(TinyModel.Dataset(15));
        var (dropReport, postReport) = (await ReportAsync(head, first.Id), await ReportAsync(head, posted));
        Assert.Equal(postReport, dropReport with { Faults = postReport.Faults, Warnings = postReport.Warnings, TokenHistogram = postReport.TokenHistogram });
        Assert.True(dropReport.Tokens > 15 && dropReport.Examples == 15);
        Assert.Equal(2, (await head.Get<FileCatalog>().ListAsync(null, 10, null, default)).Items.Length);
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<Learning.Data.DatasetScan> ReportAsync(PipelineHead head, FileId id)
    {
        for (var look = 0; look < 1200; look++)
        {
            if (await head.Get<FileCatalog>().FindAsync(id, default) is { Status: FileStatus.Processed } file)
                return file.Report!;
            await Task.Delay(25);
        }
        throw new TimeoutException($"{id} was not processed");
    }

    private static async Task AssertRefusedAsync(
        PipelineHead head, string message, string parameter, string? code, Func<JobRequest, JobRequest> with)
    {
        var error = await Assert.ThrowsAsync<InputError>(() => head.CreateAsync(default, with: with));
        Assert.Equal((message, parameter, code), (error.Message, error.Parameter, error.Code));
    }

    private static async Task AssertEndedAsync(string message, Func<Task> action) =>
        Assert.Equal(message, (await Assert.ThrowsAsync<InputError>(action)).Message);

    private async Task<PipelineHead> StartAsync() =>
        await PipelineHead.StartAsync(await azurite.NewAccountAsync(), Path.Combine(_folder.Path, Guid.NewGuid().ToString("n")));
}
