using Azure.Storage.Blobs.Models;
using Serverless.Learning;
using Serverless.Service.Files;
using Serverless.Service.Storage;

namespace Serverless.Local.Demo;

/// <summary>Puts a file into the container <c>datasets</c>, as any blob client can, and waits for what intake says of it.</summary>
internal sealed class DataDrop(BlobAccount account, FileCatalog catalog, HeadClient client)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Drops the file.</summary>
    /// <returns>The record of the processed file.</returns>
    /// <exception cref="InputError">Intake found faults; the message is its own.</exception>
    public async Task<FileRecord> TakeInAsync(string path, string blobName, CancellationToken ct)
    {
        var blob = account.Datasets.GetBlobClient(blobName);
        BlobContentInfo stored = await blob.UploadAsync(path, overwrite: true, ct);
        var id = FileStore.DropId(blobName, stored.ETag, stored.LastModified);
        while (true)
        {
            switch ((await client.FindFileAsync(id.Value, ct))?.GetProperty("status").GetString())
            {
                case "processed":
                    return (await catalog.FindAsync(id, ct))!;
                case "error":
                    throw new InputError((await catalog.FindAsync(id, ct))!.StatusDetails ?? $"{blobName} is faulty");
                default:
                    await Task.Delay(Pause, ct);
                    break;
            }
        }
    }
}
