using Azure;
using Azure.Storage.Blobs.Models;
using Serverless.Service.Pipeline;
using Serverless.Service.Storage;

namespace Serverless.Service.Idempotency;

/// <summary>
/// Answers to requests that may be repeated, one blob <c>catalog/answers/&lt;key&gt;.json</c> each, so that every instance knows them; for a day.
/// </summary>
public sealed class KeptAnswers(BlobAccount account, TimeProvider clock)
{
    /// <summary>How long an answer is kept.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    /// <summary>After so long, a request that has no answer yet was begun by an instance that has died, and is done anew.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private const string Folder = "answers/";

    /// <summary>Begins a request unless it was begun before.</summary>
    /// <param name="key">Letters and digits that stand for the request.</param>
    /// <param name="again">Whether to begin it anew whatever there is: it is known to be no repetition.</param>
    /// <returns>The answer or the work of an earlier request, or null with which the caller has begun it.</returns>
    public async Task<KeptAnswer?> BeginAsync(string key, string? fingerprint, bool again, CancellationToken ct)
    {
        var begun = new KeptAnswer { StartedAt = clock.GetUtcNow(), Fingerprint = fingerprint };
        while (true)
        {
            var stored = await BlobOf(key).ReadAsync(ct);
            if (!again && stored is var (earlier, _) && Counts(earlier))
                return earlier;
            if (await BlobOf(key).TryReplaceAsync(begun, stored?.ETag, ct))
                return null;
        }
    }

    /// <summary>What there is under a key now; null if there is nothing that counts.</summary>
    public async Task<KeptAnswer?> FindAsync(string key, CancellationToken ct) =>
        await BlobOf(key).ReadAsync(ct) is var (answer, _) && Counts(answer) ? answer : null;

    /// <summary>Keeps the answer to a request that was begun.</summary>
    public Task EndAsync(string key, KeptAnswer answer, CancellationToken ct) => BlobOf(key).WriteAsync(answer, ct);

    /// <summary>Forgets a request, so that it can be done anew.</summary>
    public Task ForgetAsync(string key, CancellationToken ct) => account.Catalog.DeleteBlobIfExistsAsync(NameOf(key), cancellationToken: ct);

    /// <summary>Removes what does not count any more; a head calls this from time to time.</summary>
    public async Task RemoveExpiredAsync(CancellationToken ct)
    {
        var before = clock.GetUtcNow() - Lifetime;
        await foreach (var blob in account.Catalog.GetBlobsAsync(new GetBlobsOptions { Prefix = Folder }, ct))
        {
            if (blob.Properties is { LastModified: { } modified, ETag: { } etag } && modified < before)
                await DeleteUnchangedAsync(blob.Name, etag, ct);
        }
    }

    private async Task DeleteUnchangedAsync(string name, ETag etag, CancellationToken ct)
    {
        try
        {
            await account.Catalog.DeleteBlobIfExistsAsync(name, conditions: new BlobRequestConditions { IfMatch = etag }, cancellationToken: ct);
        }
        catch (RequestFailedException fault) when (fault.IsConditionNotMet())
        {
            // Asked for again in this moment: it counts anew.
        }
    }

    private bool Counts(KeptAnswer answer) => clock.GetUtcNow() < answer.StartedAt + (answer.Status is null ? Patience : Lifetime);

    private JsonBlob<KeptAnswer> BlobOf(string key) => new(account.Catalog.GetBlobClient(NameOf(key)));

    private static string NameOf(string key) => $"{Folder}{key}.json";
}
