using Azure.Storage.Blobs.Models;
using Serverless.Service.Models;
using Serverless.Service.Models.Adding;
using Serverless.Service.Storage;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Service.Tests.Models.Adding;

public sealed class ModelDropsTests(AzuriteFixture azurite) : IDisposable
{
    private readonly TemporaryFolder _scratch = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_dropped_archive_and_a_dropped_folder_become_base_models_and_are_gone_then()
    {
        var parts = AddingParts.On(await azurite.NewAccountAsync());
        var drops = new ModelDrops(parts.Account, parts.Add);
        var folder = TinyModel.Write(_scratch["tiny"]);
        await PutAsync(parts.Account, "zipped.zip", ZipBytes.Of(folder, "inside/"));
        await PutFolderAsync(parts.Account, "plain", folder);

        foreach (var drop in await drops.FindAsync(Ct))
            Assert.True((await drops.TakeAsync(drop, Ct))!.IsNew);

        foreach (var (name, source) in new[] { ("zipped", "zipped.zip, dropped"), ("plain", "plain, dropped") })
        {
            var record = await parts.Catalog.FindAsync(new ModelId(name), Ct);
            Assert.Equal((ModelKind.Base, source), (record!.Kind, record.Source));
            Assert.Equal(TemporaryFolder.Contents(folder), TemporaryFolder.Contents(await parts.Store.DownloadAsync(record, _scratch["cache"], Ct)));
        }
        Assert.Empty(await drops.FindAsync(Ct));
        Assert.All(await NamesAsync(parts.Account), name => Assert.StartsWith("base/", name, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_drop_that_cannot_be_taken_stays_with_the_reason_beside_it_until_it_is_put_right()
    {
        var parts = AddingParts.On(await azurite.NewAccountAsync());
        var drops = new ModelDrops(parts.Account, parts.Add);
        var folder = TinyModel.Write(_scratch["tiny"]);
        await PutFolderAsync(parts.Account, "tiny", folder, name => name != "tokenizer.json");

        Assert.Null(await drops.TakeAsync(Assert.Single(await drops.FindAsync(Ct)), Ct));
        Assert.StartsWith("tokenizer.json: ", await NoteAsync(parts.Account, "tiny"), StringComparison.Ordinal);
        Assert.Single(await drops.FindAsync(Ct));

        await PutFolderAsync(parts.Account, "tiny", folder, name => name == "tokenizer.json");
        Assert.NotNull(await drops.TakeAsync(Assert.Single(await drops.FindAsync(Ct)), Ct));
        Assert.All(await NamesAsync(parts.Account), name => Assert.StartsWith("base/", name, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("early")]
    [InlineData("early.zip")]
    public async Task A_dropped_adapter_waits_for_its_base_and_is_taken_with_it(string name)
    {
        var parts = AddingParts.On(await azurite.NewAccountAsync());
        var drops = new ModelDrops(parts.Account, parts.Add);
        var tiny = TinyModel.Write(_scratch["tiny"]);
        var adapter = TinyAdapter.Write(_scratch["early"], tiny, "someone/tiny");
        if (name == "early") await PutFolderAsync(parts.Account, name, adapter);
        else await PutAsync(parts.Account, name, ZipBytes.Of(adapter, "inside/"));

        Assert.Null(await drops.TakeAsync(Assert.Single(await drops.FindAsync(Ct)), Ct));
        Assert.Equal(
            "adapter_config.json, base_model_name_or_path: found someone/tiny, which is not here, so add that model first; allowed: a published model\n", await NoteAsync(parts.Account, name));

        await PutAsync(parts.Account, "tiny.zip", ZipBytes.Of(tiny));
        Assert.NotNull(await drops.TakeAsync((await drops.FindAsync(Ct)).Single(drop => drop.Name == "tiny.zip"), Ct));
        var record = await parts.Catalog.FindAsync(new ModelId("early"), Ct);
        Assert.Equal((ModelKind.Adapter, new ModelId("tiny"), $"{name}, dropped"), (record!.Kind, record.BaseModel!.Value, record.Source));
        Assert.All(await NamesAsync(parts.Account), blob => Assert.Matches("^(base/tiny|adapter/early)/", blob));
    }

    [Fact]
    public async Task Told_of_every_blob_it_acts_on_what_came_last_of_a_drop_and_on_nothing_of_the_services_own()
    {
        var parts = AddingParts.On(await azurite.NewAccountAsync());
        var drops = new ModelDrops(parts.Account, parts.Add);
        var folder = TinyModel.Write(_scratch["tiny"]);
        await PutFolderAsync(parts.Account, "tiny", folder, name => name != "tokenizer.json");
        await PutFolderAsync(parts.Account, "base/other", folder);
        // The storage tells times in seconds: what comes last bears a later one.
        do
            await PutFolderAsync(parts.Account, "tiny", folder, name => name == "tokenizer.json");
        while (await ModifiedAsync(parts.Account, "tiny/tokenizer.json") == await ModifiedAsync(parts.Account, "tiny/tokenizer_config.json"));

        await drops.TakeAsync("tiny/config.json", Ct);
        await drops.TakeAsync("base/other/tokenizer.json", Ct);
        await drops.TakeAsync("tiny.refused.txt", Ct);
        Assert.Empty(await parts.Catalog.ListAsync(null, Ct));

        await drops.TakeAsync("tiny/tokenizer.json", Ct);
        Assert.Equal(["tiny"], (await parts.Catalog.ListAsync(null, Ct)).Select(model => model.Id.Value));
    }

    [Fact]
    public async Task Files_beside_the_folders_are_told_where_they_belong()
    {
        var parts = AddingParts.On(await azurite.NewAccountAsync());
        var drops = new ModelDrops(parts.Account, parts.Add);
        await PutAsync(parts.Account, "config.json", "{}"u8.ToArray());
        await PutAsync(parts.Account, "tokenizer.json", "{}"u8.ToArray());
        Assert.Null(await drops.TakeAsync(Assert.Single(await drops.FindAsync(Ct)), Ct));
        Assert.Equal(
            "config.json lies in no folder; put the files of a model into a folder that bears its name, or a .zip of it here\n", await NoteAsync(parts.Account, "config.json"));
    }

    private static async Task PutFolderAsync(BlobAccount account, string name, string folder, Func<string, bool>? which = null)
    {
        foreach (var path in Directory.GetFiles(folder).Where(path => which?.Invoke(Path.GetFileName(path)) != false).Order(StringComparer.Ordinal))
            await PutAsync(account, $"{name}/{Path.GetFileName(path)}", await File.ReadAllBytesAsync(path, Ct));
    }

    private static async Task PutAsync(BlobAccount account, string name, byte[] content) =>
        await account.Models.GetBlobClient(name).UploadAsync(new BinaryData(content), overwrite: true, Ct);

    private static async Task<DateTimeOffset> ModifiedAsync(BlobAccount account, string name) =>
        (await account.Models.GetBlobClient(name).GetPropertiesAsync(cancellationToken: Ct)).Value.LastModified;

    private static async Task<string> NoteAsync(BlobAccount account, string drop) =>
        (await account.Models.GetBlobClient(drop + ".refused.txt").DownloadContentAsync(Ct)).Value.Content.ToString();

    private static async Task<List<string>> NamesAsync(BlobAccount account)
    {
        var names = new List<string>();
        await foreach (var blob in account.Models.GetBlobsAsync(new GetBlobsOptions(), Ct))
            names.Add(blob.Name);
        return names;
    }
}
