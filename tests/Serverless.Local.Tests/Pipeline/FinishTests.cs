using Serverless.Local.Tests.Journal;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Service.Storage;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>The end of a job while something keeps it from ending in order.</summary>
public sealed class FinishTests(AzuriteFixture azurite) : IDisposable
{
    private static readonly JobError Reason = new("server_error", "The job failed by a fault of the service: TrainChunk failed: no memory");

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_that_cannot_be_ended_in_order_has_its_status_and_reason_all_the_same_and_is_cleaned_up_later()
    {
        var (head, account, _) = await StartAsync();
        await using var one = head;
        var job = await RunningAsync(head);
        var admission = account.Jobs.GetBlobClient("admission.json");
        await admission.UploadAsync(new BinaryData("damaged"), overwrite: true, Ct);
        var left = await LeftAsync(head, account, job);

        await Assert.ThrowsAnyAsync<Exception>(() => FinishAsync(head, new JobEnd(job.Id, JobMove.Fail, Reason)));
        Assert.Equal(JobStatus.Running, (await head.JobCatalog.FindAsync(job.Id, Ct))!.Status);
        await Assert.ThrowsAnyAsync<Exception>(() => FinishAsync(head, new JobEnd(job.Id, JobMove.Fail, Reason, Failures: 1)));
        var failed = (await head.JobCatalog.FindAsync(job.Id, Ct))!;
        Assert.Equal((JobStatus.Failed, Reason), (failed.Status, failed.Error));

        await admission.DeleteAsync(cancellationToken: Ct);
        await FinishAsync(head, new JobEnd(job.Id, JobMove.Fail, Reason, Failures: 2));
        Assert.Equal([$"The job failed: {Reason.Message}"], await head.MessagesAsync(job.Id));
        Assert.False(await left.ExistsAsync(Ct));
        Assert.False(Directory.Exists(head.Get<JobFolders>().Of(job.Id)));
        Assert.Equal(failed.FinishedAt, (await head.JobCatalog.FindAsync(job.Id, Ct))!.FinishedAt);
    }

    [Fact]
    public async Task A_job_whose_status_cannot_be_written_ends_with_its_reason_once_it_can()
    {
        var (head, account, transport) = await StartAsync();
        await using var one = head;
        var job = await RunningAsync(head);
        transport.Refuses = request => Task.FromResult(request.Uri.Path.Contains("/jobs/", StringComparison.Ordinal) && request.Uri.Path.EndsWith($"{job.Id}.json", StringComparison.Ordinal));
        for (var failures = 0; failures < 2; failures++)
            await Assert.ThrowsAsync<Azure.RequestFailedException>(() => FinishAsync(head, new JobEnd(job.Id, JobMove.Fail, Reason, Failures: failures)));
        Assert.Equal(2, transport.Refused);
        Assert.Empty(await head.MessagesAsync(job.Id));
        transport.Refuses = _ => Task.FromResult(false);
        await FinishAsync(head, new JobEnd(job.Id, JobMove.Fail, Reason, Failures: 2));
        var failed = (await head.JobCatalog.FindAsync(job.Id, Ct))!;
        Assert.Equal((JobStatus.Failed, Reason), (failed.Status, failed.Error));
        Assert.Equal([$"The job failed: {Reason.Message}"], await head.MessagesAsync(job.Id));
    }

    [Fact]
    public async Task A_job_that_led_to_a_model_succeeds_though_its_ending_failed_and_keeps_the_model()
    {
        var (head, account, _) = await StartAsync();
        await using var one = head;
        var trained = await head.CreateAsync(await head.UploadAsync(TinyModel.Dataset(12)), with: FineTuneTests.Epochs(1));
        trained = await head.UntilAsync(trained.Id, JobStatus.Succeeded);
        await FineTuneTests.UntilSaidAsync(head, trained.Id, "The job has successfully completed");
        // As it was before its status was written.
        await head.JobCatalog.UpdateAsync(trained.Id, job => job with { Status = JobStatus.Running, FinishedAt = null }, Ct);
        await FinishAsync(head, new JobEnd(trained.Id, JobMove.Succeed, Failures: 1));
        var job = (await head.JobCatalog.FindAsync(trained.Id, Ct))!;
        Assert.Equal((JobStatus.Succeeded, trained.FineTunedModel, null), (job.Status, job.FineTunedModel, job.Error));
        Assert.NotNull(await head.Get<ModelCatalog>().FindAsync(job.FineTunedModel!.Value, Ct));
    }

    public void Dispose() => _folder.Dispose();

    private static Task<bool> FinishAsync(PipelineHead head, JobEnd end) =>
        head.Get<Finish>().RunAsync(end, new ActivityScope(end.JobId.Value, DateTimeOffset.MaxValue, Ct));

    /// <summary>The record of a job that trains, without a workflow.</summary>
    private static Task<JobRecord> RunningAsync(PipelineHead head) => head.JobCatalog.CreateAsync(
        new JobRecord
        {
            Id = JobId.New(TimeProvider.System),
            Model = PipelineHead.Tiny,
            BaseModel = PipelineHead.Tiny,
            TrainingFile = Service.Files.FileId.New(TimeProvider.System),
            Seed = 1,
            Method = new JobMethod(),
            Status = JobStatus.Running,
            CreatedAt = DateTimeOffset.UtcNow,
        },
        Ct);

    /// <summary>What a trainer that died leaves of it.</summary>
    private static async Task<Azure.Storage.Blobs.BlobClient> LeftAsync(PipelineHead head, BlobAccount account, JobRecord job)
    {
        head.Get<JobFolders>().Fresh(job.Id, "checkpoint");
        var left = account.Jobs.GetBlobClient($"{job.Id}/checkpoints/00000400/0badc0de/weights.safetensors");
        await left.UploadAsync(new BinaryData("left"), Ct);
        return left;
    }

    private async Task<(PipelineHead Head, BlobAccount Account, SwitchedTransport Transport)> StartAsync()
    {
        var prefix = await azurite.NewPrefixAsync();
        await azurite.Open(prefix).CreateContainersAsync(Ct);
        var transport = new SwitchedTransport();
        var account = new BlobAccount(JournalContainer.Through(azurite, transport), prefix);
        return (await PipelineHead.StartAsync(account, Path.Combine(_folder.Path, Guid.NewGuid().ToString("n"))), account, transport);
    }
}
