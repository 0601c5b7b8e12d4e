using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Serverless.Service.Files;
using Serverless.Service.Storage;

namespace Serverless.Service.Uploads;

/// <summary>The blocks of uploads in the storage: staged, committed, hashed, dropped.</summary>
public sealed class UploadBlobs(FileStore files)
{
    /// <summary>All blocks of an upload's blob, committed or not.</summary>
    internal async Task<PartBlocks> ListAsync(UploadRecord upload, CancellationToken ct)
    {
        try
        {
            BlockList list = await BlobOf(upload).GetBlockListAsync(BlockListTypes.All, cancellationToken: ct);
            // A block that is committed is listed once more while it is staged again.
            return new PartBlocks(list.CommittedBlocks.Concat(list.UncommittedBlocks).DistinctBy(block => block.Name));
        }
        catch (RequestFailedException fault) when (fault.IsMissing())
        {
            return new PartBlocks([]);
        }
    }

    /// <summary>Writes a part as it arrives, holding two blocks of it at a time; false if it has no bytes.</summary>
    internal async Task<bool> StageAsync(UploadRecord upload, string part, Stream content, Func<CancellationToken, Task> ended, CancellationToken ct)
    {
        var blob = BlobOf(upload);
        var (block, next) = (new byte[Transfers.BlockBytes], new byte[Transfers.BlockBytes]);
        var filled = await content.ReadAtLeastAsync(block, block.Length, throwOnEndOfStream: false, ct);
        for (var index = 0; filled > 0; index++)
        {
            // Only what follows tells whether a block is the last one.
            var following = await content.ReadAtLeastAsync(next, next.Length, throwOnEndOfStream: false, ct);
            if (following == 0)
                await ended(ct);
            using var bytes = new MemoryStream(block, 0, filled, writable: false);
            await blob.StageBlockAsync(PartBlocks.NameOf(part, index, isLast: following == 0), bytes, cancellationToken: ct);
            if (following == 0)
                return true;
            (block, next, filled) = (next, block, following);
        }
        return false;
    }

    /// <summary>Makes the content out of blocks, once: one that is there is of the same blocks and stays, so that nobody who reads it finds it changed.</summary>
    internal async Task CommitAsync(UploadRecord upload, IEnumerable<string> names, CancellationToken ct)
    {
        var once = new CommitBlockListOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } };
        try
        {
            await BlobOf(upload).CommitBlockListAsync(names, once, ct);
        }
        catch (RequestFailedException fault) when (fault.IsConditionNotMet())
        {
            // Another call with the same parts was faster, or a try of this one whose answer was lost.
        }
    }

    /// <summary>MD5 and SHA-256 of the committed content, in lower-case hexadecimal.</summary>
    internal async Task<(string Md5, string Sha256)> HashAsync(UploadRecord upload, CancellationToken ct)
    {
#pragma warning disable CA5351 // The wire's own check against damage on the way, not against an attacker.
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
#pragma warning restore CA5351
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var options = new BlobOpenReadOptions(allowModifications: false) { BufferSize = Transfers.BlockBytes };
        await using var content = await BlobOf(upload).OpenReadAsync(options, ct);
        var buffer = new byte[Transfers.BlockBytes];
        for (var read = await content.ReadAsync(buffer, ct); read > 0; read = await content.ReadAsync(buffer, ct))
        {
            md5.AppendData(buffer, 0, read);
            sha256.AppendData(buffer, 0, read);
        }
        return (Convert.ToHexStringLower(md5.GetCurrentHash()), Convert.ToHexStringLower(sha256.GetCurrentHash()));
    }

    /// <summary>Removes blob and blocks: blocks that no commit names go with the commit of an empty list.</summary>
    internal async Task DropAsync(UploadRecord upload, CancellationToken ct)
    {
        var blob = BlobOf(upload);
        await blob.CommitBlockListAsync([], cancellationToken: ct);
        await blob.DeleteIfExistsAsync(cancellationToken: ct);
    }

    private BlockBlobClient BlobOf(UploadRecord upload) => files.BlocksOf(upload.FileId, upload.FileName);
}
