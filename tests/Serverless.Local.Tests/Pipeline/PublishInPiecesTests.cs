using Serverless.Service.Files;
using Serverless.Service.Models;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Service.Storage;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>Publishing by calls whose time is up when they begin, as those of a large model are soon.</summary>
public sealed class PublishInPiecesTests(AzuriteFixture azurite) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_model_that_is_published_in_pieces_has_the_files_of_one_that_is_not()
    {
        await using var head = await StartAsync();
        var file = await head.UploadAsync(TinyModel.Dataset(12));
        var (whole, cut) = (await TrainedAsync(head, file), await TrainedAsync(head, file));
        await whole.UntilDoneAsync<Publish>();

        var calls = await CallsAsync(head, cut, StageResult.Done);

        var (expected, found) = (await ModelOfAsync(head, whole), await ModelOfAsync(head, cut));
        // The first call makes the folder, and each of the others uploads a file; the last one of them is done.
        Assert.Equal(found.Parts.Length, calls);
        // A card names its model.
        Assert.Equal(expected.Parts.Where(part => part.Path != "README.md"), found.Parts.Where(part => part.Path != "README.md"));
        Assert.Contains(found.Parts, part => part.Path == "README.md");
        // Against sizes and hashes.
        await head.Get<ModelStore>().DownloadAsync(found, Path.Combine(_folder.Path, "cache"), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_stage_of_a_recipe_is_handed_over_in_pieces_too()
    {
        await using var head = await StartAsync();
        var job = await SteppedJob.CreateAsync(head, await head.UploadAsync(TinyModel.Dataset(12)), null, LateCallTests.Recipe);
        await job.TrainAsync();

        var calls = await CallsAsync(head, job, StageResult.Next);

        var record = await job.RecordAsync();
        var model = await head.Get<ModelCatalog>().FindAsync(record.Stages[0].Result!.Value, default);
        Assert.Equal((1, model!.Parts.Length), (record.Stage, calls));
        Assert.Equal(record.Stages[0].Result, record.Stages[1].Model);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Calls until the outcome is that of the last call. Each call before leaves a file more than the one before it.</summary>
    /// <returns>How many calls were not the last.</returns>
    private static async Task<int> CallsAsync(PipelineHead head, SteppedJob job, StageResult last)
    {
        var before = await FilesAsync(head);
        for (var calls = 0; calls < 50; calls++)
        {
            var outcome = await head.Get<Publish>().RunAsync(
                job.Id, new ActivityScope(job.Id.Value, DateTimeOffset.UnixEpoch, TestContext.Current.CancellationToken));
            if (outcome.Result == last)
                return calls;
            Assert.Equal(StageResult.More, outcome.Result);
            Assert.Equal(before + calls, await FilesAsync(head));
            Assert.Null((await job.RecordAsync()).FineTunedModel);
        }
        throw new TimeoutException("50 calls did not publish a model of a few files");
    }

    private static async Task<int> FilesAsync(PipelineHead head)
    {
        var count = 0;
        await foreach (var _ in head.Get<BlobAccount>().Models.GetBlobsAsync(new() { Prefix = "published/" }, TestContext.Current.CancellationToken))
            count++;
        return count;
    }

    private static async Task<ModelRecord> ModelOfAsync(PipelineHead head, SteppedJob job) =>
        (await head.Get<ModelCatalog>().FindAsync((await job.RecordAsync()).FineTunedModel!.Value, default))!;

    private static async Task<SteppedJob> TrainedAsync(PipelineHead head, FileId file)
    {
        var job = await SteppedJob.CreateAsync(head, file, null, FineTuneTests.Epochs(1));
        await job.TrainAsync();
        return job;
    }

    private async Task<PipelineHead> StartAsync() =>
        await PipelineHead.StartAsync(await azurite.NewAccountAsync(), _folder.Path, new PipelineSettings { TrainingSlots = 2 });
}
