using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Azure.Storage.Blobs.Models;
using Serverless.Learning.Reinforcement;
using Serverless.Service.Jobs;
using Serverless.Service.Storage;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// The answers that policies drew: <c>jobs/&lt;id&gt;/rollouts/&lt;rollout&gt;-&lt;batch&gt;.jsonl</c>, an answer a line, and in the same way those to validation
/// prompts: <c>jobs/&lt;id&gt;/evaluations/&lt;steps before&gt;-&lt;batch&gt;.jsonl</c>. They follow from the weights, the seed and their number, so a batch that is
/// written again has the same content.
/// </summary>
public sealed class RolloutStore(BlobAccount account)
{
    /// <summary>The name of the result file with all of them.</summary>
    public const string FileName = "rollouts.jsonl";

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public async Task WriteAsync(StageId id, RolloutBatch batch, CancellationToken ct)
    {
        var lines = new StringBuilder();
        foreach (var rollout in batch.Rollouts)
            lines.Append(JsonSerializer.Serialize(rollout, Json)).Append('\n');
        var name = string.Create(CultureInfo.InvariantCulture, $"{Prefix(id, batch.Evaluates)}{batch.Number:D6}-{batch.Micro:D4}.jsonl");
        await account.Jobs.GetBlobClient(name).UploadAsync(new BinaryData(lines.ToString()), overwrite: true, ct);
    }

    /// <summary>The batches of one rollout, or of one evaluation, that are stored, in their order, up to the first that is not.</summary>
    public async Task<IReadOnlyList<RolloutBatch>> ReadAsync(StageId id, int number, CancellationToken ct, bool evaluates = false)
    {
        var batches = new List<RolloutBatch>();
        await foreach (var name in NamesAsync(string.Create(CultureInfo.InvariantCulture, $"{Prefix(id, evaluates)}{number:D6}-"), ct))
        {
            if (!name.EndsWith(string.Create(CultureInfo.InvariantCulture, $"-{batches.Count:D4}.jsonl"), StringComparison.Ordinal))
                break;
            BlobDownloadResult content = await account.Jobs.GetBlobClient(name).DownloadContentAsync(ct);
            Rollout[] rollouts =
            [
                .. content.Content.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<Rollout>(line, Json)!),
            ];
            batches.Add(new RolloutBatch(number, batches.Count, rollouts[0].Round, rollouts) { Evaluates = evaluates });
        }
        return batches;
    }

    /// <summary>Writes all of a job's rollouts, one after another, without those of evaluations.</summary>
    /// <returns>Whether there are any.</returns>
    public async Task<bool> CopyAsync(StageId id, Stream target, CancellationToken ct)
    {
        var any = false;
        await foreach (var name in NamesAsync(Prefix(id, evaluates: false), ct))
        {
            await account.Jobs.GetBlobClient(name).DownloadToAsync(target, ct);
            any = true;
        }
        return any;
    }

    private async IAsyncEnumerable<string> NamesAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var blob in account.Jobs.GetBlobsAsync(new GetBlobsOptions { Prefix = prefix }, ct))
            yield return blob.Name;
    }

    private static string Prefix(StageId id, bool evaluates) => $"{id}/{(evaluates ? "evaluations" : "rollouts")}/";
}
