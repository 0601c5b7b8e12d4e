using Microsoft.Extensions.Logging.Abstractions;
using Serverless.Local.Drops;
using Serverless.Local.Settings;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Models.Adding;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Drops;

public sealed class ModelDropWatcherTests(AzuriteFixture azurite) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("serverless-drops-").FullName;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_folder_is_taken_when_it_has_come_to_rest_and_a_refused_one_not_looked_at_again_until_it_changes()
    {
        var account = await azurite.NewAccountAsync();
        var catalog = new ModelCatalog(account);
        using var store = new ModelStore(account, catalog, TimeProvider.System);
        var drops = new ModelDrops(account, new AddModel(store, catalog, new AdapterBases(store, catalog), new BaseUse(new JobCatalog(account), catalog), TimeProvider.System));
        using var watcher = new ModelDropWatcher(account, drops, new LocalSettings(), TimeProvider.System, NullLogger<ModelDropWatcher>.Instance);
        var files = Directory.GetFiles(TinyModel.Write(_folder));
        var note = account.Models.GetBlobClient("tiny.refused.txt");

        foreach (var path in files[1..])
            await PutAsync(path);
        await watcher.LookAsync(Ct);
        Assert.False(await note.ExistsAsync(Ct));
        await watcher.LookAsync(Ct);
        Assert.True(await note.ExistsAsync(Ct));

        await note.DeleteAsync(cancellationToken: Ct);
        await watcher.LookAsync(Ct);
        await watcher.LookAsync(Ct);
        Assert.False(await note.ExistsAsync(Ct));

        await PutAsync(files[0]);
        await watcher.LookAsync(Ct);
        Assert.Null(await catalog.FindAsync(new ModelId("tiny"), Ct));
        await watcher.LookAsync(Ct);
        Assert.NotNull(await catalog.FindAsync(new ModelId("tiny"), Ct));

        Task PutAsync(string path) => account.Models.GetBlobClient($"tiny/{Path.GetFileName(path)}").UploadAsync(path, Ct);
    }
}
