using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Serverless.Service.Storage;

/// <summary>Moves single files between this machine and the storage, with size and hash.</summary>
internal static class FileTransfer
{
    /// <summary>Uploads the file at <paramref name="path"/> and returns its size and its SHA-256 in lower-case hexadecimal, taken on the way.</summary>
    public static async Task<(long Bytes, string Sha256)> UploadAsync(BlobClient blob, string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        using var hashing = new HashingStream(file, long.MaxValue, () => new InvalidOperationException());
        await blob.UploadAsync(hashing, new BlobUploadOptions { TransferOptions = Transfers.Options }, cancellationToken);
        return (hashing.BytesRead, hashing.Sha256);
    }

    /// <summary>
    /// Uploads to a blob whose name stands for its content: when somebody else does the same at the same time, or has done it, one of them writes it and
    /// both return. Then it is as good as new: nobody removes it for its age.
    /// </summary>
    public static async Task UploadOnceAsync(BlobClient blob, HashingStream content, CancellationToken cancellationToken)
    {
        var options = new BlobUploadOptions
        {
            TransferOptions = Transfers.Options,
            Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All },
        };
        try
        {
            await blob.UploadAsync(content, options, cancellationToken);
        }
        catch (RequestFailedException fault) when (fault.IsOvertaken())
        {
            if (!await TouchAsync(blob, cancellationToken)) throw;
            // It may be empty for the moment in which blocks that somebody has left are removed.
            if (content.BytesRead > 0 && (await blob.GetPropertiesAsync(cancellationToken: cancellationToken)).Value.ContentLength == 0) throw;
        }
    }

    /// <summary>Gives a blob that is there another ETag and the present as its time, so that nobody removes it who has looked at it before.</summary>
    /// <returns>Whether it is there.</returns>
    public static async Task<bool> TouchAsync(BlobClient blob, CancellationToken cancellationToken)
    {
        try
        {
            await blob.SetMetadataAsync(null, cancellationToken: cancellationToken);
            return true;
        }
        catch (RequestFailedException fault) when (fault.IsMissing())
        {
            return false;
        }
    }

    /// <summary>Removes a blob unless it was written or touched since it was listed.</summary>
    public static async Task RemoveListedAsync(BlobContainerClient container, BlobItem listed, CancellationToken cancellationToken)
    {
        try
        {
            await container.DeleteBlobIfExistsAsync(listed.Name, conditions: new BlobRequestConditions { IfMatch = listed.Properties.ETag }, cancellationToken: cancellationToken);
        }
        catch (RequestFailedException fault) when (fault.IsConditionNotMet())
        {
            // Somebody has use for it.
        }
    }

    /// <summary>Downloads into <paramref name="path"/>, overwriting it, and checks what came.</summary>
    /// <returns>Null when size and hash are as they should be, otherwise what was found, in words.</returns>
    public static async Task<string?> DownloadAsync(
        BlobClient blob, string path, long bytes, string sha256, CancellationToken cancellationToken)
    {
        try
        {
            await blob.DownloadToAsync(path, new BlobDownloadToOptions { TransferOptions = Transfers.Options }, cancellationToken);
        }
        catch (RequestFailedException fault) when (fault.IsMissing())
        {
            return "it is missing";
        }
        await using var file = File.OpenRead(path);
        if (file.Length != bytes) return $"it has {file.Length} bytes instead of {bytes}";
        var found = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
        return found == sha256 ? null : $"its SHA-256 is {found} instead of {sha256}";
    }
}
