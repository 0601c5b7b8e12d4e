using Azure;
using Azure.Core;
using Serverless.Local.Tests.Journal;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Service.Storage;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>Jobs whose publishing is interrupted, and that end then: a model is there if and only if its job says so.</summary>
public sealed class UnnotedModelTests(AzuriteFixture azurite) : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SwitchedTransport _transport = new();

    [Theory]
    [InlineData(JobMove.Cancel)]
    [InlineData(JobMove.Fail)]
    public async Task A_model_that_was_published_and_not_noted_goes_when_its_job_ends_without_one(JobMove move)
    {
        var (account, head, job) = await TrainedAsync();
        await using var _ = head;
        _transport.Refuses = request => Task.FromResult(IsResult(request));
        await Assert.ThrowsAsync<RequestFailedException>(job.CallAsync<Publish>);
        Assert.NotNull(await head.Get<ModelCatalog>().FindAsync(NameOf(job), default));
        Assert.NotEmpty(await PublishedBlobsAsync(account));
        Assert.Null((await job.RecordAsync()).FineTunedModel);

        var ended = await EndAsync(head, job, move);

        Assert.Equal(move == JobMove.Cancel ? JobStatus.Cancelled : JobStatus.Failed, ended.Status);
        Assert.Null(await head.Get<ModelCatalog>().FindAsync(NameOf(job), default));
        Assert.Empty(await PublishedBlobsAsync(account));
    }

    [Fact]
    public async Task Files_of_a_model_whose_record_was_never_written_go_with_their_job()
    {
        var (account, head, job) = await TrainedAsync();
        await using var _ = head;
        // A file is written as its blocks and then the list of them.
        var writes = 0;
        _transport.Refuses = request => Task.FromResult(request.Uri.Path.Contains("/published/", StringComparison.Ordinal) && ++writes > 2);
        await Assert.ThrowsAsync<RequestFailedException>(job.CallAsync<Publish>);
        Assert.Null(await head.Get<ModelCatalog>().FindAsync(NameOf(job), default));
        Assert.Single(await PublishedBlobsAsync(account));

        await EndAsync(head, job, JobMove.Cancel);

        Assert.Empty(await PublishedBlobsAsync(account));
    }

    [Fact]
    public async Task A_job_that_is_cancelled_while_its_model_is_noted_ends_without_it()
    {
        var (account, head, job) = await TrainedAsync();
        await using var _ = head;
        var cancelled = false;
        _transport.Refuses = async request =>
        {
            if (!cancelled && IsResult(request))
            {
                cancelled = true;
                await new JobCatalog(account).UpdateAsync(job.Id, record => record.After(JobMove.Cancel, DateTimeOffset.UtcNow), default);
            }
            return false;
        };
        await job.CallAsync<Publish>();
        Assert.True(cancelled);
        Assert.NotNull(await head.Get<ModelCatalog>().FindAsync(NameOf(job), default));

        var ended = await EndAsync(head, job, JobMove.Succeed);

        Assert.Equal((JobStatus.Cancelled, null), (ended.Status, ended.FineTunedModel));
        Assert.Empty(await PublishedBlobsAsync(account));
    }

    [Fact]
    public async Task A_job_that_succeeds_keeps_its_model_and_nothing_else_under_its_name()
    {
        var (account, head, job) = await TrainedAsync();
        await using var _ = head;
        await job.UntilDoneAsync<Publish>();
        var model = (await head.Get<ModelCatalog>().FindAsync(NameOf(job), default))!;
        var other = model.Folder[..(model.Folder.LastIndexOf('/') + 1)] + "0123456789abcdef/model.safetensors";
        await account.Models.UploadBlobAsync(other, new BinaryData("of a publishing before"));

        var ended = await EndAsync(head, job, JobMove.Succeed);

        Assert.Equal((JobStatus.Succeeded, NameOf(job)), (ended.Status, ended.FineTunedModel!.Value));
        Assert.Equal(model.Parts.Select(part => $"{model.Folder}/{part.Path}").Order(StringComparer.Ordinal), await PublishedBlobsAsync(account));
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Whether a write is the first one after the model's record: that of the metrics of all steps.</summary>
    private static bool IsResult(Request request) => request.Uri.Path.EndsWith("/step_metrics.csv", StringComparison.Ordinal);

    private static ModelId NameOf(SteppedJob job) => ModelId.Published("tiny", "local", null, job.Id);

    /// <summary>A job that only has to be published, on a head whose writes can be refused, and the storage past that.</summary>
    private async Task<(BlobAccount Account, PipelineHead Head, SteppedJob Job)> TrainedAsync()
    {
        var prefix = await azurite.NewPrefixAsync();
        var account = azurite.Open(prefix);
        await account.CreateContainersAsync(default);
        var head = await PipelineHead.StartAsync(new BlobAccount(JournalContainer.Through(azurite, _transport), prefix), _folder.Path);
        var job = await SteppedJob.CreateAsync(head, await head.UploadAsync(TinyModel.Dataset(12)), null, FineTuneTests.Epochs(1));
        await job.TrainAsync();
        await job.UntilDoneAsync<Evaluate>();
        return (account, head, job);
    }

    /// <summary>Ends the job as its workflow does, which may be interrupted too.</summary>
    private async Task<JobRecord> EndAsync(PipelineHead head, SteppedJob job, JobMove move)
    {
        _transport.Refuses = _ => Task.FromResult(false);
        var end = new JobEnd(job.Id, move, move == JobMove.Fail ? new JobError("server_error", "it failed") : null);
        for (var call = 0; call < 2; call++)
            await head.Get<Finish>().RunAsync(end, new ActivityScope(job.Id.Value, DateTimeOffset.MaxValue, default));
        return await job.RecordAsync();
    }

    private static async Task<List<string>> PublishedBlobsAsync(BlobAccount account)
    {
        var names = new List<string>();
        await foreach (var blob in account.Models.GetBlobsAsync(new() { Prefix = "published/" }, default))
            names.Add(blob.Name);
        return names;
    }
}
