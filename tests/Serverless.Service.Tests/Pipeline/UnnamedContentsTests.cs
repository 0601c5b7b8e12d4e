using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Microsoft.Extensions.Time.Testing;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Models.Adding;
using Serverless.Service.Pipeline;
using Serverless.Service.Storage;
using Serverless.Service.Tests.Files;
using Serverless.Service.Uploads;
using Serverless.Tests.Shared;

namespace Serverless.Service.Tests.Pipeline;

/// <summary>What a process leaves that dies between a content and its record, or between the two deletions.</summary>
public sealed class UnnamedContentsTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Contents_that_nothing_names_go_after_a_day_and_no_others()
    {
        var account = await azurite.NewAccountAsync();
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var store = new FileStore(account, new FileCatalog(account), clock);
        var named = (await store.UploadAsync("train.jsonl", "fine-tune", new OneWayStream([1, 2, 3]), Cancel)).Id;
        var upload = await new UploadCatalog(account).CreateAsync(UploadOf(clock), Cancel);
        foreach (var id in new[] { FileId.New(clock), upload.FileId })
            await account.Files.UploadBlobAsync($"{id}/train.jsonl", new BinaryData("{}"), Cancel);
        var unnamed = New(account, clock);

        await unnamed.RemoveAsync(Cancel);
        Assert.Equal(3, await CountAsync(account.Files));

        clock.Advance(UnnamedContents.Age + TimeSpan.FromMinutes(1));
        await unnamed.RemoveAsync(Cancel);
        Assert.Equal(2, await CountAsync(account.Files));
        Assert.Equal(1, await CountAsync(account.Files, named + "/"));
        Assert.Equal(1, await CountAsync(account.Files, upload.FileId + "/"));
    }

    [Fact]
    public async Task Blocks_that_nobody_put_together_go_when_they_have_been_seen_for_a_day_but_not_those_of_an_upload_or_put_together_since()
    {
        var account = await azurite.NewAccountAsync();
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var upload = await new UploadCatalog(account).CreateAsync(UploadOf(clock), Cancel);
        var (left, late) = (FileId.New(clock), FileId.New(clock));
        foreach (var id in new[] { left, late, upload.FileId })
            await account.Files.GetBlockBlobClient($"{id}/train.jsonl").StageBlockAsync("AAAA", new MemoryStream([1, 2, 3]), cancellationToken: Cancel);
        var unnamed = New(account, clock);

        await unnamed.RemoveAsync(Cancel);
        clock.Advance(UnnamedContents.Age - TimeSpan.FromMinutes(5));
        await unnamed.RemoveAsync(Cancel);
        Assert.Equal(3, (await NamesAsync(account.Files, states: BlobStates.Uncommitted)).Count);

        await account.Files.GetBlockBlobClient($"{late}/train.jsonl").CommitBlockListAsync(["AAAA"], cancellationToken: Cancel);
        await new FileStore(account, new FileCatalog(account), clock).AdoptAsync(late, "train.jsonl", "fine-tune", 3, "", null, Cancel);
        clock.Advance(UnnamedContents.Interval);
        await unnamed.RemoveAsync(Cancel);
        Assert.Equal(
            new[] { $"{late}/train.jsonl", $"{upload.FileId}/train.jsonl" }.Order(StringComparer.Ordinal),
            (await NamesAsync(account.Files, states: BlobStates.Uncommitted)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Blocks_of_models_archives_and_checkpoints_go_too_by_whichever_head_looks_after_a_day()
    {
        var account = await azurite.NewAccountAsync();
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        (BlobContainerClient Container, string Name)[] left =
            [(account.Models, "base/m/0123/model.safetensors"), (account.Models, "incoming/4567.zip"), (account.Jobs, "ftjob-1/checkpoints/0001-ab/weights")];
        foreach (var (container, name) in left.Append((account.Models, "dropped-by-hand.zip")))
            await container.GetBlockBlobClient(name).StageBlockAsync("AAAA", new MemoryStream([1, 2, 3]), cancellationToken: Cancel);

        await New(account, clock).RemoveAsync(Cancel);
        clock.Advance(UnnamedContents.Age - TimeSpan.FromMinutes(1));
        await New(account, clock).RemoveAsync(Cancel);
        foreach (var (container, name) in left)
            Assert.Equal([name], await NamesAsync(container, name, BlobStates.Uncommitted));

        clock.Advance(TimeSpan.FromMinutes(2));
        await New(account, clock).RemoveAsync(Cancel);
        Assert.Equal(["dropped-by-hand.zip"], await NamesAsync(account.Models, states: BlobStates.Uncommitted));
        Assert.Equal(["unfinished.json"], await NamesAsync(account.Jobs, states: BlobStates.Uncommitted));

        // Nothing is remembered that is gone.
        await New(account, clock).RemoveAsync(Cancel);
        var remembered = await account.Jobs.GetBlobClient("unfinished.json").DownloadContentAsync(Cancel);
        Assert.Equal("""{"since":{}}""", remembered.Value.Content.ToString());
    }

    [Fact]
    public async Task Folders_of_models_that_no_record_names_go_but_not_what_a_job_may_still_publish()
    {
        var account = await azurite.NewAccountAsync();
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var record = new ModelRecord { Id = new ModelId("kept"), Kind = ModelKind.Base, CreatedAt = clock.GetUtcNow(), OwnedBy = "user", Folder = "base/kept/0123" };
        await new ModelCatalog(account).CreateAsync(record, Cancel);
        foreach (var name in new[] { "base/kept/0123/config.json", "base/kept/4567/config.json", "adapter/half/0123/inner/adapter.safetensors", "published/ft=3Atiny/0123/config.json", "drop.zip" })
            await account.Models.UploadBlobAsync(name, new BinaryData("{}"), Cancel);
        var jobs = new JobCatalog(account);
        var job = await jobs.CreateAsync(JobOf(clock), Cancel);
        var unnamed = New(account, clock);
        clock.Advance(UnnamedContents.Age + TimeSpan.FromMinutes(1));

        await unnamed.RemoveAsync(Cancel);
        Assert.Equal(["base/kept/0123/config.json", "drop.zip", "published/ft=3Atiny/0123/config.json"], await NamesAsync(account.Models));

        await jobs.UpdateAsync(job.Id, now => now with { Status = JobStatus.Cancelled }, Cancel);
        await unnamed.RemoveAsync(Cancel);
        Assert.Equal(3, await CountAsync(account.Models));
        clock.Advance(UnnamedContents.Interval);
        await unnamed.RemoveAsync(Cancel);
        Assert.Equal(["base/kept/0123/config.json", "drop.zip"], await NamesAsync(account.Models));
    }

    [Fact]
    public async Task A_model_whose_files_were_left_is_added_whole_while_they_are_removed()
    {
        var prefix = await azurite.NewPrefixAsync();
        var account = azurite.Open(prefix);
        await account.CreateContainersAsync(Cancel);
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        using var source = new TemporaryFolder(("config.json", "{}"u8.ToArray()), ("model.safetensors", [1, 2, 3]));
        using var cache = new TemporaryFolder();
        using var store = new ModelStore(account, new ModelCatalog(account), clock);
        var left = await store.SeedBaseAsync("m", source.Path, Cancel);
        await new ModelCatalog(account).DeleteAsync(left.Id, Cancel);
        clock.Advance(UnnamedContents.Age + TimeSpan.FromMinutes(1));
        // It has asked for the record of before, and goes on to remove the first file.
        var call = new InterruptedCall("DELETE", "-models/base/", "") { Before = () => store.SeedBaseAsync("m", source.Path, Cancel) };

        await New(call.Open(azurite, prefix), clock).RemoveAsync(Cancel);

        var added = Assert.IsType<ModelRecord>(await new ModelCatalog(account).FindAsync(left.Id, Cancel));
        Assert.Equal(TemporaryFolder.Contents(source.Path), TemporaryFolder.Contents(await store.DownloadAsync(added, cache.Path, Cancel)));
    }

    [Fact]
    public async Task A_content_that_was_left_stays_when_its_file_is_made_while_it_is_removed()
    {
        var prefix = await azurite.NewPrefixAsync();
        var account = azurite.Open(prefix);
        await account.CreateContainersAsync(Cancel);
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var store = new FileStore(account, new FileCatalog(account), clock);
        Task<FileRecord> StoreAsync() => store.StoreResultAsync("ftjob-1", DateTimeOffset.UnixEpoch, "step_metrics.csv", new MemoryStream([1, 2, 3]), Cancel);
        var left = await StoreAsync();
        await new FileCatalog(account).DeleteAsync(left.Id, Cancel);
        clock.Advance(UnnamedContents.Age + TimeSpan.FromMinutes(1));
        var call = new InterruptedCall("DELETE", "-files/", "") { Before = StoreAsync };

        await New(call.Open(azurite, prefix), clock).RemoveAsync(Cancel);

        Assert.NotNull(await store.OpenAsync(left.Id, 0, Cancel));
    }

    [Fact]
    public async Task A_folder_to_which_something_came_lately_stays()
    {
        var account = await azurite.NewAccountAsync();
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await account.Models.UploadBlobAsync("base/half/0123/config.json", new BinaryData("{}"), Cancel);
        clock.Advance(UnnamedContents.Age - TimeSpan.FromMinutes(5));
        await New(account, clock).RemoveAsync(Cancel);
        Assert.Equal(["base/half/0123/config.json"], await NamesAsync(account.Models));
    }

    private static UnnamedContents New(BlobAccount account, TimeProvider clock) => new(
        account, new FileCatalog(account), new UploadCatalog(account), new ModelCatalog(account), new JobCatalog(account), new IncomingArchives(account, clock), clock);

    private static UploadRecord UploadOf(TimeProvider clock) => new()
    {
        Id = UploadId.New(clock), FileId = FileId.New(clock), FileName = "train.jsonl", Purpose = "fine-tune", Bytes = 2, CreatedAt = clock.GetUtcNow(), ExpiresAt = clock.GetUtcNow() + TimeSpan.FromHours(1),
    };

    private static JobRecord JobOf(TimeProvider clock) => new()
    {
        Id = JobId.New(clock), Model = new ModelId("tiny"), BaseModel = new ModelId("tiny"), TrainingFile = FileId.New(clock), Seed = 1, CreatedAt = clock.GetUtcNow(),
        Method = new JobMethod { Type = MethodType.Supervised, Hyperparameters = new Hyperparameters() },
    };

    private static async Task<int> CountAsync(BlobContainerClient container, string prefix = "") => (await NamesAsync(container, prefix)).Count;

    private static async Task<List<string>> NamesAsync(BlobContainerClient container, string prefix = "", BlobStates states = BlobStates.None)
    {
        var names = new List<string>();
        await foreach (var blob in container.GetBlobsAsync(new() { Prefix = prefix, States = states }, Cancel))
            names.Add(blob.Name);
        return names;
    }
}
