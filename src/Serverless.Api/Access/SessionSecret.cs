using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs.Models;
using Serverless.Service.Storage;

namespace Serverless.Api.Access;

/// <summary>
/// What sessions of the dashboard are signed with: 32 random bytes, drawn once and kept in the service's storage, so that a session holds
/// on every instance and over restarts. Whoever can read that storage needs no session.
/// </summary>
internal sealed class SessionSecret(BlobAccount account)
{
    private const string Name = "access/session-secret";
    private const int Length = 32;

    private byte[]? _read;

    public async Task<byte[]> ReadAsync(CancellationToken ct)
    {
        if (_read is { } known)
            return known;
        var blob = account.Catalog.GetBlobClient(Name);
        try
        {
            var options = new BlobUploadOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } };
            await blob.UploadAsync(new BinaryData(RandomNumberGenerator.GetBytes(Length)), options, ct);
        }
        catch (RequestFailedException fault) when (fault.Status is 409 or 412)
        {
            // It was drawn before.
        }
        BlobDownloadResult stored = await blob.DownloadContentAsync(ct);
        return _read = stored.Content.ToArray();
    }
}
