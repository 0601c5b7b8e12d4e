using Azure.Storage.Blobs;
using Microsoft.Extensions.Logging.Abstractions;
using Serverless.Service.Jobs;
using Serverless.Service.Storage;
using Serverless.Tests.Shared;

namespace Serverless.Service.Tests.Jobs;

public sealed class CheckpointStoreTests(AzuriteFixture azurite)
{
    private static readonly JobId Job = JobId.New(TimeProvider.System);
    private static readonly byte[] Weights = [.. Enumerable.Range(0, 9_000_001).Select(i => (byte)(i * 31 >> 3))];
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_checkpoint_comes_back_byte_for_byte()
    {
        var store = new CheckpointStore(await azurite.NewAccountAsync(), TimeProvider.System);
        using var source = new TemporaryFolder(("weights.safetensors", Weights), ("schedule.json", "{}"u8.ToArray()), ("empty", []));
        using var target = new TemporaryFolder();

        var manifest = await store.UploadAsync(Job, 12, source.Path, Cancel);
        var read = await store.ReadManifestAsync(manifest.ToCommitted(), Cancel);
        await store.DownloadAsync(read, target["new"], Cancel);

        Assert.Equivalent(manifest, read, strict: true);
        Assert.Equal(12, read.Step);
        Assert.Equal(["empty", "schedule.json", "weights.safetensors"], read.Parts.Select(part => part.Name));
        Assert.Equal(Weights.Length, read.Parts[2].Bytes);
        Assert.Equal(TemporaryFolder.Contents(source.Path), TemporaryFolder.Contents(target["new"]));
    }

    [Fact]
    public async Task A_part_that_was_changed_cut_or_lost_is_named_with_what_was_found()
    {
        var account = await azurite.NewAccountAsync();
        var store = new CheckpointStore(account, TimeProvider.System);
        using var source = new TemporaryFolder(("a.json", "abc"u8.ToArray()));
        using var target = new TemporaryFolder();
        var manifest = await store.UploadAsync(Job, 1, source.Path, Cancel);
        var part = PartOf(account, manifest, "a.json");

        async Task FindsAsync(string finding)
        {
            var fault = await Assert.ThrowsAsync<CheckpointDamagedException>(() => store.DownloadAsync(manifest, target.Path, Cancel));
            Assert.Equal($"The checkpoint {manifest.Path} is damaged: part a.json: {finding}.", fault.Message);
            Assert.Equal(manifest.Path, fault.Manifest);
        }

        await part.UploadAsync(new BinaryData("abd"), overwrite: true, Cancel);
        await FindsAsync("its SHA-256 is a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9 instead of "
            + "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        await part.UploadAsync(new BinaryData("ab"), overwrite: true, Cancel);
        await FindsAsync("it has 2 bytes instead of 3");
        await part.DeleteAsync(cancellationToken: Cancel);
        await FindsAsync("it is missing");
    }

    [Fact]
    public async Task A_manifest_that_is_missing_broken_or_from_a_later_version_is_refused()
    {
        var account = await azurite.NewAccountAsync();
        var store = new CheckpointStore(account, TimeProvider.System);
        var named = new CommittedCheckpoint(1, $"{Job}/checkpoints/00000001/x/manifest.json", DateTimeOffset.UnixEpoch);
        var blob = account.Jobs.GetBlobClient(named.Manifest);

        var missing = await Assert.ThrowsAsync<CheckpointDamagedException>(() => store.ReadManifestAsync(named, Cancel));
        await blob.UploadAsync(new BinaryData("{\"version\":"), overwrite: true, Cancel);
        var broken = await Assert.ThrowsAsync<CheckpointDamagedException>(() => store.ReadManifestAsync(named, Cancel));
        var later = $$"""{"version":2,"path":"{{named.Manifest}}","jobId":"{{Job}}","step":1,"createdAt":"2026-01-01T00:00:00Z","parts":[]}""";
        await blob.UploadAsync(new BinaryData(later), overwrite: true, Cancel);
        var unknown = await Assert.ThrowsAsync<NotSupportedException>(() => store.ReadManifestAsync(named, Cancel));

        Assert.Equal($"The checkpoint {named.Manifest} is damaged: the manifest is missing.", missing.Message);
        Assert.Equal($"The checkpoint {named.Manifest} is damaged: the manifest cannot be read.", broken.Message);
        Assert.Equal($"The checkpoint {named.Manifest} has the layout 2; this version of the software reads up to 1.", unknown.Message);
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("/tmp/evil")]
    [InlineData("..")]
    public async Task A_part_whose_name_leads_elsewhere_is_refused(string name)
    {
        var store = new CheckpointStore(await azurite.NewAccountAsync(), TimeProvider.System);
        using var target = new TemporaryFolder();
        var manifest = new CheckpointManifest
        {
            Path = $"{Job}/checkpoints/1/x/manifest.json",
            JobId = Job,
            Step = 1,
            CreatedAt = DateTimeOffset.UnixEpoch,
            Parts = [new CheckpointPart(name, 0, "")],
        };

        var fault = await Assert.ThrowsAsync<CheckpointDamagedException>(() => store.DownloadAsync(manifest, target.Path, Cancel));

        Assert.Equal($"The checkpoint {manifest.Path} is damaged: '{name}' is not the name of a file.", fault.Message);
    }

    [Fact]
    public async Task Two_uploads_of_one_step_do_not_touch_each_other()
    {
        var account = await azurite.NewAccountAsync();
        var store = new CheckpointStore(account, TimeProvider.System);
        using var first = new TemporaryFolder(("a", "1"u8.ToArray()));
        using var second = new TemporaryFolder(("a", "2"u8.ToArray()));
        using var target = new TemporaryFolder();
        var committed = await store.UploadAsync(Job, 5, first.Path, Cancel);

        await store.UploadAsync(Job, 5, second.Path, Cancel);

        await store.DownloadAsync(committed, target.Path, Cancel);
        Assert.Equal("1", await File.ReadAllTextAsync(target["a"], Cancel));
    }

    [Fact]
    public async Task Only_what_the_head_names_is_kept()
    {
        var account = await azurite.NewAccountAsync();
        var store = new CheckpointStore(account, TimeProvider.System);
        using var folder = new TemporaryFolder(("a", "1"u8.ToArray()), ("b", "2"u8.ToArray()));
        var manifests = new List<CheckpointManifest>();
        foreach (var step in new[] { 1, 2, 2, 3 }) manifests.Add(await store.UploadAsync(Job, step, folder.Path, Cancel));
        await using var lease = await TrainerLease.TryAcquireAsync(account, Job, TimeProvider.System, NullLogger.Instance, Cancel);
        await lease!.CommitAsync(new JobHead { Checkpoints = [manifests[1].ToCommitted(), manifests[3].ToCommitted()] }, Cancel);

        await store.RemoveUnnamedAsync(lease, Cancel);

        var left = new List<string>();
        await foreach (var blob in account.Jobs.GetBlobsAsync(cancellationToken: Cancel))
            if (blob.Name.Contains("/checkpoints/", StringComparison.Ordinal)) left.Add(blob.Name);
        string[] kept = [.. new[] { 1, 3 }.SelectMany(i => new[] { "a", "b", "manifest.json" }, (i, name) => Beside(manifests[i], name))];
        Assert.Equal(kept.Order(StringComparer.Ordinal), left);
    }

    private static BlobClient PartOf(BlobAccount account, CheckpointManifest manifest, string name) =>
        account.Jobs.GetBlobClient(Beside(manifest, name));

    private static string Beside(CheckpointManifest manifest, string name) =>
        manifest.Path.Replace("manifest.json", name, StringComparison.Ordinal);
}
