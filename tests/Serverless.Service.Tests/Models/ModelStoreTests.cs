using Azure.Storage.Blobs.Models;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Storage;
using Serverless.Tests.Shared;

namespace Serverless.Service.Tests.Models;

public sealed class ModelStoreTests(AzuriteFixture azurite)
{
    private static readonly JobId Job = JobId.New(TimeProvider.System);
    private static readonly byte[] Weights = [.. Enumerable.Range(0, 5_000_003).Select(i => (byte)(i * 7 >> 2))];
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_published_model_comes_back_byte_for_byte_and_is_downloaded_once()
    {
        var (store, catalog, _) = await OpenAsync();
        using var source = Folder("{}");
        using var cache = new TemporaryFolder();
        var published = await store.PublishAsync(source.Path, Model("ft:sample-8m:me::12345678"), Cancel);
        var found = await catalog.FindAsync(published.Id, Cancel);

        var folder = await store.DownloadAsync(found!, cache.Path, Cancel);
        var written = Directory.GetLastWriteTimeUtc(folder);
        var again = await store.DownloadAsync(found!, cache.Path, Cancel);

        Assert.Equal(TemporaryFolder.Contents(source.Path), TemporaryFolder.Contents(folder));
        Assert.Equal(folder, again);
        Assert.Equal(written, Directory.GetLastWriteTimeUtc(again));
        Assert.Equal([folder], Directory.GetDirectories(cache.Path));
        Assert.Equal(["config.json", "exports/adapter.safetensors", "model.safetensors"], found!.Parts.Select(part => part.Path));
        Assert.Equal(Weights.Length + 2 + 1, found.Bytes);
    }

    [Fact]
    public async Task A_copy_on_this_machine_that_lost_a_file_is_made_anew()
    {
        var (store, _, _) = await OpenAsync();
        using var source = Folder("{}");
        using var cache = new TemporaryFolder();
        var model = await store.PublishAsync(source.Path, Model("m"), Cancel);
        var folder = await store.DownloadAsync(model, cache.Path, Cancel);
        File.Delete(Path.Combine(folder, "config.json"));

        Assert.Equal(folder, await store.DownloadAsync(model, cache.Path, Cancel));

        Assert.Equal(TemporaryFolder.Contents(source.Path), TemporaryFolder.Contents(folder));
    }

    [Fact]
    public async Task Eight_downloads_at_once_give_one_folder()
    {
        var (store, catalog, account) = await OpenAsync();
        using var source = Folder("{}");
        using var cache = new TemporaryFolder();
        var model = await store.PublishAsync(source.Path, Model("m"), Cancel);
        using var other = new ModelStore(account, catalog, TimeProvider.System);

        var folders = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => (i % 2 == 0 ? store : other).DownloadAsync(model, cache.Path, Cancel)));

        Assert.Single(folders.Distinct());
        Assert.Equal([folders[0]], Directory.GetDirectories(cache.Path));
        Assert.Equal(TemporaryFolder.Contents(source.Path), TemporaryFolder.Contents(folders[0]));
    }

    [Fact]
    public async Task Publishing_again_after_an_interruption_goes_on_and_ends_with_the_same_record()
    {
        var (store, catalog, account) = await OpenAsync();
        using var source = Folder("{}");
        var first = await store.PublishAsync(source.Path, Model("m"), Cancel);
        var whole = account.Models.GetBlobClient(first.Folder + "/model.safetensors");
        var before = (await whole.GetPropertiesAsync(cancellationToken: Cancel)).Value.CreatedOn;
        await account.Models.GetBlobClient(first.Folder + "/config.json").DeleteAsync(cancellationToken: Cancel);
        await catalog.DeleteAsync(first.Id, Cancel);

        var second = await store.PublishAsync(source.Path, Model("m"), Cancel);

        Assert.Equivalent(first, second, strict: true);
        Assert.Equal(before, (await whole.GetPropertiesAsync(cancellationToken: Cancel)).Value.CreatedOn);
        Assert.True(await account.Models.GetBlobClient(first.Folder + "/config.json").ExistsAsync(Cancel));
    }

    [Fact]
    public async Task Seeding_a_base_again_writes_nothing_and_other_content_replaces_it()
    {
        var (store, catalog, _) = await OpenAsync();
        using var source = Folder("{}");
        using var newer = Folder("{ }");
        using var cache = new TemporaryFolder();
        var first = await store.SeedBaseAsync("sample-8m", source.Path, Cancel);
        var again = await store.SeedBaseAsync("sample-8m", source.Path, Cancel);

        var replaced = await store.SeedBaseAsync("sample-8m", newer.Path, Cancel);

        Assert.Equal(ModelKind.Base, first.Kind);
        Assert.StartsWith("base/sample-8m/", first.Folder, StringComparison.Ordinal);
        Assert.Equivalent(first, again, strict: true);
        Assert.NotEqual(first.Folder, replaced.Folder);
        Assert.Equal(replaced.Folder, (await catalog.FindAsync(first.Id, Cancel))!.Folder);
        // Whoever began with the record of before can still finish with it.
        Assert.Equal(TemporaryFolder.Contents(source.Path), TemporaryFolder.Contents(await store.DownloadAsync(first, cache.Path, Cancel)));
        Assert.Equal(TemporaryFolder.Contents(newer.Path), TemporaryFolder.Contents(await store.DownloadAsync(replaced, cache.Path, Cancel)));
    }

    [Fact]
    public async Task Whether_a_base_may_be_replaced_is_asked_before_its_files_are_uploaded_and_after()
    {
        var (store, catalog, account) = await OpenAsync();
        using var source = Folder("{}");
        using var newer = Folder("{ }");
        var first = await store.SeedBaseAsync("m", source.Path, Cancel);
        var uploaded = new List<int>();
        async Task RefuseLaterAsync(ModelId id, CancellationToken cancel)
        {
            var blobs = 0;
            await foreach (var _ in account.Models.GetBlobsAsync(new GetBlobsOptions { Prefix = "base/m/" }, cancel)) blobs++;
            uploaded.Add(blobs);
            if (uploaded.Count == 2) throw new InvalidOperationException($"{id} is in use");
        }

        await Assert.ThrowsAsync<InvalidOperationException>(() => store.SeedBaseAsync("m", newer.Path, RefuseLaterAsync, Cancel));

        Assert.Equal([first.Parts.Length, 2 * first.Parts.Length], uploaded);
        Assert.Equivalent(first, await catalog.FindAsync(first.Id, Cancel), strict: true);
    }

    [Fact]
    public async Task A_part_that_is_not_what_the_record_says_is_named_and_leaves_no_folder()
    {
        var (store, _, account) = await OpenAsync();
        using var source = Folder("{}");
        using var cache = new TemporaryFolder();
        var model = await store.PublishAsync(source.Path, Model("m"), Cancel);
        await account.Models.GetBlobClient(model.Folder + "/config.json").UploadAsync(new BinaryData("{}}"), overwrite: true, Cancel);

        var fault = await Assert.ThrowsAsync<InvalidDataException>(() => store.DownloadAsync(model, cache.Path, Cancel));

        Assert.Equal("The model m, part config.json: it has 3 bytes instead of 2.", fault.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(cache.Path));
    }

    [Fact]
    public async Task A_part_whose_path_leads_elsewhere_is_refused()
    {
        var (store, _, _) = await OpenAsync();
        using var cache = new TemporaryFolder();
        var model = Model("m") with { Parts = [new ModelPart("../../evil", 0, "")] };

        var fault = await Assert.ThrowsAsync<InvalidDataException>(() => store.DownloadAsync(model, cache.Path, Cancel));

        Assert.Equal("The part '../../evil' lies outside its model's folder.", fault.Message);
    }

    [Fact]
    public async Task Models_are_listed_newest_first_and_removed_with_their_folders_only()
    {
        var (store, catalog, account) = await OpenAsync();
        using var source = Folder("{}");
        string[] names = ["ft:a:me::1", "ft:a:me::12", "ü/../ä", "org/base.7b"];
        foreach (var (name, i) in names.Select((name, i) => (name, i)))
            await store.PublishAsync(source.Path, Model(name) with { CreatedAt = DateTimeOffset.UnixEpoch.AddDays(i) }, Cancel);
        Assert.Equal(names.Reverse(), (await catalog.ListAsync(null, Cancel)).Select(model => model.Id.Value));

        Assert.True(await store.DeleteAsync(new ModelId("ft:a:me::1"), Cancel));

        Assert.False(await store.DeleteAsync(new ModelId("ft:a:me::1"), Cancel));
        Assert.Equal(names[1..].Reverse(), (await catalog.ListAsync(null, Cancel)).Select(model => model.Id.Value));
        Assert.Equal(3 * 3, await CountAsync(account));
    }

    [Fact]
    public async Task What_is_left_under_a_name_goes_unless_another_job_owns_it()
    {
        var (store, catalog, account) = await OpenAsync();
        using var source = Folder("{}");
        var own = await store.PublishAsync(source.Path, Model("ft:a:me::1"), Cancel);
        var checkpoint = await store.PublishAsync(source.Path, Model("ft:a:me::1:ckpt-step-2") with { Kind = ModelKind.Checkpoint }, Cancel);
        var others = await store.PublishAsync(source.Path, Model("ft:a:me::2") with { JobId = JobId.New(TimeProvider.System) }, Cancel);
        var left = others.Folder[..others.Folder.LastIndexOf('/')] + "/0123456789abcdef/config.json";
        await account.Models.UploadBlobAsync(left, new BinaryData("{}"), Cancel);

        await store.RemoveLeftoversAsync(own.Id, Job, stays: true, Cancel);
        await store.RemoveLeftoversAsync(others.Id, Job, stays: false, Cancel);
        Assert.Equal(3 * 3 + 1, await CountAsync(account));

        await store.RemoveLeftoversAsync(own.Id, Job, stays: false, Cancel);
        Assert.Equal([others.Id.Value, checkpoint.Id.Value], (await catalog.ListAsync(null, Cancel)).Select(model => model.Id.Value).OrderDescending(StringComparer.Ordinal));
        Assert.Equal(2 * 3 + 1, await CountAsync(account));
    }

    [Theory]
    [InlineData("DELETE", "-models/base/")]
    [InlineData("GET", "-catalog/models/")]
    public async Task A_model_that_is_added_again_while_it_is_removed_is_there_whole_if_its_record_is(string method, string path)
    {
        var prefix = await azurite.NewPrefixAsync();
        var account = azurite.Open(prefix);
        await account.CreateContainersAsync(Cancel);
        var (catalog, call) = (new ModelCatalog(account), new InterruptedCall(method, path, "") { Skip = method == "GET" ? 1 : 0 });
        using var store = new ModelStore(account, catalog, TimeProvider.System);
        using var source = Folder("{}");
        using var cache = new TemporaryFolder();
        var model = await store.SeedBaseAsync("m", source.Path, Cancel);
        var slow = call.Open(azurite, prefix);
        using var removing = new ModelStore(slow, new ModelCatalog(slow), TimeProvider.System);
        call.Before = () => store.SeedBaseAsync("m", source.Path, Cancel);

        Assert.True(await removing.DeleteAsync(model.Id, Cancel));

        var again = Assert.IsType<ModelRecord>(await catalog.FindAsync(model.Id, Cancel));
        Assert.Equal(TemporaryFolder.Contents(source.Path), TemporaryFolder.Contents(await store.DownloadAsync(again, cache.Path, Cancel)));
        Assert.True(await store.DeleteAsync(model.Id, Cancel));
        Assert.Equal(0, await CountAsync(account));
    }

    [Fact]
    public void A_job_publishes_under_the_same_name_each_time()
    {
        var job = new JobId("ftjob-01234567890123456789abcdef");

        Assert.Equal("ft:sample-8m:me:tickets:89abcdef", ModelId.Published("sample-8m", "me", "tickets", job).Value);
        Assert.Equal("ft:sample-8m:me::89abcdef", ModelId.Published("sample-8m", "me", null, job).Value);
        Assert.Equal("ft:sample-8m:me::89abcdef:ckpt-step-40", ModelId.Published("sample-8m", "me", null, job, 40).Value);
    }

    private static async Task<int> CountAsync(BlobAccount account)
    {
        var count = 0;
        await foreach (var _ in account.Models.GetBlobsAsync(new GetBlobsOptions(), Cancel)) count++;
        return count;
    }

    private async Task<(ModelStore Store, ModelCatalog Catalog, BlobAccount Account)> OpenAsync()
    {
        var account = await azurite.NewAccountAsync();
        var catalog = new ModelCatalog(account);
        return (new ModelStore(account, catalog, TimeProvider.System), catalog, account);
    }

    private static TemporaryFolder Folder(string config) => new(
        ("model.safetensors", Weights), ("config.json", System.Text.Encoding.UTF8.GetBytes(config)), ("exports/adapter.safetensors", [1]));

    private static ModelRecord Model(string name) => new()
    {
        Id = new ModelId(name),
        Kind = ModelKind.Published,
        CreatedAt = DateTimeOffset.UnixEpoch,
        OwnedBy = "me",
        JobId = Job,
    };
}
