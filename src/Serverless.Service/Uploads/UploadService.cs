using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Azure;
using Serverless.Learning;
using Serverless.Service.Catalog;
using Serverless.Service.Files;
using Serverless.Service.Pipeline.Intake;
using Serverless.Service.Storage;

namespace Serverless.Service.Uploads;

/// <summary>
/// Files that come in parts: each part is written as blocks of the file's blob while it arrives, and completing the upload is the commit of the list of these
/// blocks, so that nothing is copied and nothing is held in memory. A completed upload is a file like a posted one.
/// </summary>
public sealed class UploadService(UploadCatalog uploads, UploadBlobs blobs, FileStore files, FileIntake intake, TimeProvider clock)
{
    /// <summary>The largest upload: 8 GB.</summary>
    public const long MaxBytes = 8L * 1024 * 1024 * 1024;

    /// <summary>The largest part: 64 MB.</summary>
    public const long MaxPartBytes = 64L * 1024 * 1024;

    /// <summary>A blob has at most 50,000 blocks; an upload of 8 GB in parts of 64 MB has 2,048.</summary>
    private const int MaxBlocks = 40_000;

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>Begins an upload, which takes parts for an hour.</summary>
    /// <param name="fileLifetime">How long the file will exist; null: until it is deleted.</param>
    public Task<UploadRecord> CreateAsync(string fileName, string purpose, long bytes, TimeSpan? fileLifetime, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var record = new UploadRecord
        {
            Id = UploadId.New(clock),
            FileId = FileId.New(clock),
            FileName = fileName,
            Purpose = purpose,
            Bytes = bytes,
            CreatedAt = now,
            ExpiresAt = now + Lifetime,
            FileLifetime = fileLifetime,
        };
        return uploads.CreateAsync(record, ct);
    }

    /// <summary>Takes a part; parts may come at the same time and in any order.</summary>
    /// <param name="content">The part's bytes, at most <see cref="MaxPartBytes"/>: the caller sees to that.</param>
    /// <param name="ended">Called after the last byte, before the part exists; what it throws undoes the part.</param>
    /// <exception cref="InputError">There is no such upload, it takes no parts any more, or the part is empty.</exception>
    public async Task<UploadPart> AddPartAsync(UploadId id, Stream content, Func<CancellationToken, Task> ended, CancellationToken ct)
    {
        var upload = await PendingAsync(id, "take a part", ct);
        var staged = await blobs.ListAsync(upload, ct);
        if (staged.Count >= MaxBlocks || staged.Bytes > 2 * upload.Bytes + MaxPartBytes)
        {
            throw new InputError(
                string.Create(CultureInfo.InvariantCulture, $"Upload {id} holds {staged.Bytes} bytes in parts already and was announced with {upload.Bytes}; cancel it and begin another one"),
                "data", "too_many_parts");
        }
        var part = PartBlocks.Prefix + NewestFirstId.Random(clock.GetUtcNow());
        if (!await blobs.StageAsync(upload, part, content, ended, ct))
            throw new InputError("The part is empty; allowed: 1 byte or more", "data", "invalid_value");
        return new UploadPart(part, clock.GetUtcNow());
    }

    /// <summary>Makes the file out of parts in the order given, and starts its intake. Doing it again in the same way returns the same, and ends what broke off.</summary>
    /// <param name="md5">What the MD5 of the whole content must be, in hexadecimal; null: whatever it is.</param>
    /// <exception cref="InputError">
    /// There is no such upload or part, the sizes do not add up, the MD5 differs, which cancels the upload, it was given up meanwhile, or it is being completed in
    /// another way.
    /// </exception>
    public async Task<(UploadRecord Upload, FileRecord File)> CompleteAsync(UploadId id, IReadOnlyList<string> parts, string? md5, CancellationToken ct)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))));
        var upload = await FindAsync(id, ct);
        if (upload.Status == UploadStatus.Completed && upload.PartsHash == hash && await files.FindAsync(upload.FileId, ct) is { } made)
            return (upload, made);
        // One that is complete has content and no file if the process ended in between.
        var goesOn = upload.Status == UploadStatus.Completed && upload.PartsHash == hash && (await blobs.ListAsync(upload, ct)).Count > 0;
        if (!goesOn)
            EnsurePending(upload, "be completed");
        var (found, sha256) = goesOn ? await blobs.HashAsync(upload, ct) : await ContentAsync(upload, parts, hash, ct);
        if (md5 is not null && !string.Equals(md5, found, StringComparison.OrdinalIgnoreCase))
        {
            var ended = await EndAsync(upload, UploadStatus.Cancelled, CancellationToken.None);
            var outcome = ended.Status == UploadStatus.Cancelled ? "; the upload is cancelled" : "";
            throw new InputError($"md5: found {found} for the parts in this order, and the request says {md5}{outcome}", "md5", "invalid_checksum");
        }
        // First, so that of this and of giving the upload up only one comes about.
        upload = await uploads.UpdateAsync(
            id, now => now.Status == UploadStatus.Pending ? now with { Status = UploadStatus.Completed } : now, CancellationToken.None);
        if (upload.Status != UploadStatus.Completed)
        {
            await blobs.DropAsync(upload, CancellationToken.None);
            EnsurePending(upload, "be completed");
        }
        var file = await files.AdoptAsync(upload.FileId, upload.FileName, upload.Purpose, upload.Bytes, sha256, upload.FileLifetime, CancellationToken.None);
        await intake.StartAsync(file, CancellationToken.None);
        return (upload, file);
    }

    /// <summary>Gives an upload up and drops its parts; one that was given up stays so.</summary>
    /// <exception cref="InputError">There is no such upload, or it is complete or expired.</exception>
    public async Task<UploadRecord> CancelAsync(UploadId id, CancellationToken ct)
    {
        var upload = await FindAsync(id, ct);
        if (upload.Status == UploadStatus.Cancelled)
            return upload;
        EnsurePending(upload, "be cancelled");
        var ended = await EndAsync(upload, UploadStatus.Cancelled, ct);
        // Completed meanwhile.
        if (ended.Status != UploadStatus.Cancelled)
            EnsurePending(ended, "be cancelled");
        return ended;
    }

    /// <summary>Drops the parts of uploads that were not completed in time, and forgets what ended a day ago; a head calls this from time to time.</summary>
    public async Task RemoveExpiredAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await foreach (var upload in uploads.AllAsync(upload => now >= upload.ExpiresAt, ct))
            if (upload.Status == UploadStatus.Pending)
                await EndAsync(upload, UploadStatus.Expired, ct);
            else if (now >= upload.ExpiresAt + TimeSpan.FromDays(1))
                await ForgetAsync(upload, ct);
    }

    /// <summary>The status first, so that no part is taken and nothing completed that is being dropped.</summary>
    private async Task<UploadRecord> EndAsync(UploadRecord upload, UploadStatus status, CancellationToken ct)
    {
        var ended = await uploads.UpdateAsync(upload.Id, now => now.Status == UploadStatus.Pending ? now with { Status = status } : now, ct);
        if (ended.Status == status)
            await blobs.DropAsync(upload, ct);
        return ended;
    }

    /// <summary>Forgets an upload, and what is left of one that ended between its content and its file.</summary>
    private async Task ForgetAsync(UploadRecord upload, CancellationToken ct)
    {
        if (await files.FindAsync(upload.FileId, ct) is null)
            await blobs.DropAsync(upload, ct);
        await uploads.DeleteAsync(upload.Id, ct);
    }

    /// <summary>Makes the content out of the parts, and reads it once from the storage, 4 MB at a time: the parts may have come in any order.</summary>
    /// <returns>Its MD5 and SHA-256.</returns>
    private async Task<(string Md5, string Sha256)> ContentAsync(UploadRecord upload, IReadOnlyList<string> parts, string hash, CancellationToken ct)
    {
        var names = await NamesAsync(upload, parts, ct);
        // Whoever is first decides what the content is: of two orders at the same time, one's content could come under the other's hash.
        upload = await uploads.UpdateAsync(
            upload.Id, now => now.Status == UploadStatus.Pending && now.PartsHash is null ? now with { PartsHash = hash } : now, ct);
        EnsurePending(upload, "be completed");
        if (upload.PartsHash != hash)
        {
            throw new InputError(
                $"part_ids: Upload {upload.Id} is being completed with other parts or in another order; allowed: the same parts in the same order, or cancel it and begin another one",
                "part_ids", "invalid_value");
        }
        try
        {
            await blobs.CommitAsync(upload, names, ct);
            return await blobs.HashAsync(upload, ct);
        }
        catch (RequestFailedException fault) when (fault.IsMissing() || fault.IsOvertaken())
        {
            // Dropped under our hands?
            EnsurePending(await FindAsync(upload.Id, ct), "be completed");
            throw;
        }
    }

    /// <summary>The blocks of the parts in the order given.</summary>
    private async Task<List<string>> NamesAsync(UploadRecord upload, IReadOnlyList<string> parts, CancellationToken ct)
    {
        var blocks = await blobs.ListAsync(upload, ct);
        var (names, bytes) = (new List<string>(), 0L);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (index, part) in parts.Index())
        {
            if (blocks.Of(part) is not var (own, size))
                throw new InputError($"part_ids[{index}]: found '{part}', which is no part of {upload.Id}", $"part_ids[{index}]", "invalid_value");
            if (!seen.Add(part))
                throw new InputError($"part_ids[{index}]: found '{part}' a second time", $"part_ids[{index}]", "invalid_value");
            names.AddRange(own);
            bytes += size;
        }
        return bytes == upload.Bytes ? names : throw new InputError(
            string.Create(CultureInfo.InvariantCulture, $"part_ids: the parts hold {bytes} bytes, and the upload was announced with {upload.Bytes}"), "part_ids", "invalid_value");
    }

    private async Task<UploadRecord> PendingAsync(UploadId id, string wanted, CancellationToken ct)
    {
        var upload = await FindAsync(id, ct);
        EnsurePending(upload, wanted);
        return upload;
    }

    private void EnsurePending(UploadRecord upload, string wanted)
    {
        var status = upload.StatusAt(clock.GetUtcNow());
        if (status != UploadStatus.Pending)
            throw new InputError($"Upload {upload.Id} is {status.ToString().ToLowerInvariant()} and cannot {wanted}", "upload_id", "invalid_value");
    }

    private async Task<UploadRecord> FindAsync(UploadId id, CancellationToken ct) =>
        (id.IsWellFormed ? await uploads.FindAsync(id, ct) : null) ?? throw new InputError($"No such Upload object: {id}", "upload_id", "not_found");
}
