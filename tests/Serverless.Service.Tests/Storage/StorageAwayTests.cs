using Azure.Storage.Blobs;
using Microsoft.Extensions.Logging.Abstractions;
using Serverless.Local.Azurite;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Storage;
using Serverless.Service.Tests.Files;
using Serverless.Tests.Shared;

namespace Serverless.Service.Tests.Storage;

public sealed class StorageAwayTests
{
    private static readonly JobId Job = JobId.New(TimeProvider.System);
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_the_storage_is_away_for_longer_than_a_lease_calls_wait_and_the_trainer_stays_the_trainer()
    {
        using var folder = new TemporaryFolder();
        var options = new AzuriteOptions { DataFolder = folder.Path, Port = AzuriteFixture.FreePort() };
        var account = new BlobAccount(new BlobServiceClient(StorageSettings.DevelopmentStorageAt(options.Port), BlobAccountFactory.Options()));
        var azurite = await AzuriteProcess.StartAsync(options, Cancel);
        try
        {
            await account.CreateContainersAsync(Cancel);
            await using var lease = await TrainerLease.TryAcquireAsync(account, Job, TimeProvider.System, NullLogger.Instance, Cancel);
            await lease!.CommitAsync(new JobHead { Events = 1 }, Cancel);
            await azurite.DisposeAsync();

            var files = new FileStore(account, new FileCatalog(account), TimeProvider.System);
            var upload = files.UploadAsync("train.jsonl", "fine-tune", new OneWayStream(new byte[5_000_000]), Cancel);
            await Task.Delay(LeaseRenewal.Duration + TimeSpan.FromSeconds(3), Cancel);
            var commit = lease.CommitAsync(new JobHead { Events = 2 }, Cancel);
            Assert.False(upload.IsCompleted);
            Assert.False(commit.IsCompleted);
            azurite = await AzuriteProcess.StartAsync(options, Cancel);

            await commit;
            Assert.False(lease.Lost.IsCancellationRequested);
            Assert.Equal(2, (await new HeadBlob(account, Job).ReadAsync(Cancel))!.Head.Events);
            Assert.Equal(5_000_000, (await upload).Bytes);
        }
        finally
        {
            await azurite.DisposeAsync();
        }
    }
}
