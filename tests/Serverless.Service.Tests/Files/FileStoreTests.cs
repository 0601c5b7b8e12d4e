using System.Security.Cryptography;
using System.Text;
using Azure;
using Azure.Storage.Blobs.Models;
using Serverless.Learning;
using Serverless.Service.Files;
using Serverless.Service.Storage;
using Serverless.Tests.Shared;

namespace Serverless.Service.Tests.Files;

public sealed class FileStoreTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_posted_file_comes_back_byte_for_byte_with_size_and_hash()
    {
        var (store, catalog, _) = await OpenAsync();
        var content = new byte[9_000_001];
        new Random(7).NextBytes(content);

        var record = await store.UploadAsync("train.jsonl", "fine-tune", new OneWayStream(content), Cancel);

        Assert.Equal("train.jsonl", record.Name);
        Assert.Equal(content.Length, record.Bytes);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), record.Sha256);
        Assert.Equal(FileStatus.Uploaded, record.Status);
        Assert.Equivalent(record, await catalog.FindAsync(record.Id, Cancel), strict: true);
        Assert.Equal(content, await ReadAsync(store, record.Id, 0));
        Assert.Equal(content[8_999_990..], await ReadAsync(store, record.Id, 8_999_990));
        Assert.Empty(await ReadAsync(store, record.Id, content.Length));
    }

    [Fact]
    public async Task An_empty_file_is_stored_as_one()
    {
        var (store, _, _) = await OpenAsync();

        var record = await store.UploadAsync("empty.jsonl", "fine-tune", new OneWayStream([]), Cancel);

        Assert.Equal(0, record.Bytes);
        Assert.Empty(await ReadAsync(store, record.Id, 0));
    }

    [Fact]
    public async Task A_file_beyond_the_limit_is_refused_and_leaves_nothing()
    {
        var account = await azurite.NewAccountAsync();
        var catalog = new FileCatalog(account);
        var store = new FileStore(account, catalog, TimeProvider.System, maxBytes: 10_000_000);

        var fault = await Assert.ThrowsAsync<InputError>(
            () => store.UploadAsync("big.jsonl", "fine-tune", new OneWayStream(new byte[10_000_001]), Cancel));

        Assert.Equal("file: 'big.jsonl' is too large; allowed: at most 10000000 bytes", fault.Message);
        Assert.Equal("file", fault.Parameter);
        Assert.Empty((await catalog.ListAsync(null, 10, null, Cancel)).Items);
        Assert.Empty(await NamesAsync(account));
    }

    [Theory]
    [InlineData("../../catalog/files/x.json")]
    [InlineData("a/b\\c.jsonl")]
    [InlineData("Größe 100 %?#.jsonl")]
    [InlineData("..")]
    [InlineData("")]
    public async Task Whatever_a_file_is_called_its_content_stays_in_its_own_folder(string name)
    {
        var (store, _, account) = await OpenAsync();

        var record = await store.UploadAsync(name, "fine-tune", new OneWayStream("x"u8.ToArray()), Cancel);

        var blob = Assert.Single(await NamesAsync(account));
        Assert.Matches("^" + record.Id + "/[A-Za-z0-9=_.-]+$", blob);
        Assert.Equal(name, record.Name);
        Assert.Equal("x"u8.ToArray(), await ReadAsync(store, record.Id, 0));
    }

    [Fact]
    public async Task A_dropped_version_is_taken_once()
    {
        var (store, catalog, account) = await OpenAsync();
        var (etag, modified) = await DropAsync(account, "team a/train.jsonl", "one");

        var records = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => store.TakeDropAsync("team a/train.jsonl", etag, Cancel)));

        var record = Assert.Single((await catalog.ListAsync(null, 10, null, Cancel)).Items);
        Assert.All(records, taken => Assert.Equal(record.Id, taken!.Id));
        Assert.Equal(FileStore.DropId("team a/train.jsonl", etag, modified), record.Id);
        Assert.Equal("train.jsonl", record.Name);
        Assert.Equal("team a/train.jsonl", record.DroppedFrom);
        Assert.Equal("one"u8.ToArray(), await ReadAsync(store, record.Id, 0));
    }

    [Fact]
    public async Task A_drop_has_the_same_id_whether_it_was_listed_or_asked_for()
    {
        var (_, _, account) = await OpenAsync();
        var (etag, modified) = await DropAsync(account, "train.jsonl", "one");
        BlobItem? listed = null;
        await foreach (var blob in account.Datasets.GetBlobsAsync(new GetBlobsOptions(), Cancel)) listed = blob;

        var fromList = FileStore.DropId(listed!.Name, listed.Properties.ETag!.Value, listed.Properties.LastModified!.Value);

        Assert.Equal(FileStore.DropId("train.jsonl", etag, modified), fromList);
    }

    [Fact]
    public async Task A_drop_that_was_replaced_is_taken_as_two_files()
    {
        var (store, _, account) = await OpenAsync();
        var (first, _) = await DropAsync(account, "train.jsonl", "one");
        var old = await store.TakeDropAsync("train.jsonl", first, Cancel);
        var (second, _) = await DropAsync(account, "train.jsonl", "two");

        var stale = await store.TakeDropAsync("train.jsonl", first, Cancel);
        var current = await store.TakeDropAsync("train.jsonl", second, Cancel);

        Assert.Null(stale);
        Assert.NotEqual(old!.Id, current!.Id);
        Assert.Equal("one"u8.ToArray(), await ReadAsync(store, old.Id, 0));
        Assert.Equal("two"u8.ToArray(), await ReadAsync(store, current.Id, 0));
    }

    [Fact]
    public async Task A_taken_file_that_was_removed_is_not_taken_again()
    {
        var (store, catalog, account) = await OpenAsync();
        var (etag, _) = await DropAsync(account, "train.jsonl", "one");
        var record = await store.TakeDropAsync("train.jsonl", etag, Cancel);

        Assert.True(await store.DeleteAsync(record!.Id, Cancel));

        Assert.Null(await store.TakeDropAsync("train.jsonl", etag, Cancel));
        Assert.Empty((await catalog.ListAsync(null, 10, null, Cancel)).Items);
        Assert.Empty(await NamesAsync(account));
    }

    [Fact]
    public async Task A_drop_that_is_gone_is_not_taken()
    {
        var (store, _, _) = await OpenAsync();

        Assert.Null(await store.TakeDropAsync("nothing.jsonl", new ETag("\"0x1\""), Cancel));
    }

    [Fact]
    public async Task A_removed_file_is_gone_and_removing_it_again_says_so()
    {
        var (store, catalog, account) = await OpenAsync();
        var record = await store.UploadAsync("a", "fine-tune", new OneWayStream([1]), Cancel);
        var other = await store.UploadAsync("b", "fine-tune", new OneWayStream([2]), Cancel);

        Assert.True(await store.DeleteAsync(record.Id, Cancel));

        Assert.False(await store.DeleteAsync(record.Id, Cancel));
        Assert.False(await store.DeleteAsync(new FileId(""), Cancel));
        Assert.Null(await catalog.FindAsync(record.Id, Cancel));
        Assert.Null(await store.OpenAsync(record.Id, 0, Cancel));
        Assert.Equal([$"{other.Id}/b"], await NamesAsync(account));
    }

    private async Task<(FileStore Store, FileCatalog Catalog, BlobAccount Account)> OpenAsync()
    {
        var account = await azurite.NewAccountAsync();
        var catalog = new FileCatalog(account);
        return (new FileStore(account, catalog, TimeProvider.System), catalog, account);
    }

    private static async Task<(ETag ETag, DateTimeOffset Modified)> DropAsync(BlobAccount account, string path, string content)
    {
        BlobContentInfo written = await account.Datasets.GetBlobClient(path)
            .UploadAsync(new BinaryData(Encoding.UTF8.GetBytes(content)), overwrite: true, Cancel);
        return (written.ETag, written.LastModified);
    }

    private static async Task<byte[]> ReadAsync(FileStore store, FileId id, long offset)
    {
        await using var stream = await store.OpenAsync(id, offset, Cancel) ?? throw new FileNotFoundException(id.Value);
        using var content = new MemoryStream();
        await stream.CopyToAsync(content, Cancel);
        return content.ToArray();
    }

    private static async Task<List<string>> NamesAsync(BlobAccount account)
    {
        var names = new List<string>();
        await foreach (var blob in account.Files.GetBlobsAsync(new GetBlobsOptions(), Cancel)) names.Add(blob.Name);
        return names;
    }
}
