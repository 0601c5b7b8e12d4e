using Microsoft.Extensions.Time.Testing;
using Serverless.Service.Files;
using Serverless.Service.Pipeline;
using Serverless.Service.Tests.Files;
using Serverless.Tests.Shared;

namespace Serverless.Service.Tests.Pipeline;

public sealed class ExpiredFilesTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Files_whose_time_is_over_are_removed_and_no_others()
    {
        var account = await azurite.NewAccountAsync();
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var catalog = new FileCatalog(account);
        var store = new FileStore(account, catalog, clock);
        var (lasting, expiring) = (await UploadAsync(store), await UploadAsync(store));
        await catalog.UpdateAsync(expiring, file => file with { ExpiresAt = clock.GetUtcNow() + TimeSpan.FromHours(1) }, Cancel);
        var expired = new ExpiredFiles(catalog, store, clock);

        Assert.Equal(0, await expired.RemoveAsync(Cancel));
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, await expired.RemoveAsync(Cancel));

        Assert.Null(await catalog.FindAsync(expiring, Cancel));
        Assert.Null(await store.OpenAsync(expiring, 0, Cancel));
        Assert.NotNull(await catalog.FindAsync(lasting, Cancel));
    }

    private static async Task<FileId> UploadAsync(FileStore store) =>
        (await store.UploadAsync("train.jsonl", "fine-tune", new OneWayStream([1, 2, 3]), Cancel)).Id;
}
