using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Serverless.Service.Jobs;
using Serverless.Service.Storage;

namespace Serverless.Service.Pipeline.FineTuning.Teaching;

/// <summary>
/// The answers that a job's teacher gave: <c>jobs/&lt;id&gt;/teacher/&lt;block&gt;.jsonl</c>, an answer a line. What is stored is not asked for again, nor is a block that
/// is still to be judged: <c>jobs/&lt;id&gt;/replies/&lt;block&gt;.json</c>.
/// </summary>
public sealed class TaughtAnswers(BlobAccount account)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public async Task WriteAsync(StageId id, int block, IReadOnlyList<TaughtAnswer> answers, CancellationToken ct)
    {
        var lines = new StringBuilder();
        foreach (var answer in answers)
            lines.Append(JsonSerializer.Serialize(answer, Json)).Append('\n');
        await account.Jobs.GetBlobClient(NameOf(id, block)).UploadAsync(new BinaryData(lines.ToString()), overwrite: true, ct);
    }

    /// <summary>How many blocks are stored, up to the first that is not.</summary>
    public async Task<int> CountAsync(StageId id, CancellationToken ct)
    {
        var blocks = 0;
        await foreach (var blob in account.Jobs.GetBlobsAsync(new GetBlobsOptions { Prefix = Prefix(id) }, ct))
        {
            if (blob.Name != NameOf(id, blocks))
                break;
            blocks++;
        }
        return blocks;
    }

    /// <summary>The answers of the first blocks, in the order of the prompts.</summary>
    public async IAsyncEnumerable<TaughtAnswer> ReadAsync(StageId id, int blocks, [EnumeratorCancellation] CancellationToken ct)
    {
        for (var block = 0; block < blocks; block++)
        {
            BlobDownloadResult content = await account.Jobs.GetBlobClient(NameOf(id, block)).DownloadContentAsync(ct);
            foreach (var line in content.Content.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries))
                yield return JsonSerializer.Deserialize<TaughtAnswer>(line, Json)!;
        }
    }

    /// <summary>Keeps what the teacher answered to the prompts of a block until it is judged.</summary>
    public Task WriteRepliesAsync(StageId id, int block, IReadOnlyList<IReadOnlyList<TeacherReply>> replies, CancellationToken ct) =>
        Replies(id, block).UploadAsync(BinaryData.FromObjectAsJson(replies, Json), overwrite: true, ct);

    /// <summary>What is kept of a block that was not judged; null if nothing is.</summary>
    public async Task<IReadOnlyList<IReadOnlyList<TeacherReply>>?> FindRepliesAsync(StageId id, int block, CancellationToken ct)
    {
        try
        {
            BlobDownloadResult content = await Replies(id, block).DownloadContentAsync(ct);
            return content.Content.ToObjectFromJson<List<List<TeacherReply>>>(Json);
        }
        catch (RequestFailedException fault) when (fault.Status == 404)
        {
            return null;
        }
    }

    public Task RemoveRepliesAsync(StageId id, int block, CancellationToken ct) => Replies(id, block).DeleteIfExistsAsync(cancellationToken: ct);

    /// <summary>Removes all that is kept to be judged, of a stage that judges no more.</summary>
    public async Task RemoveRepliesAsync(StageId id, CancellationToken ct)
    {
        await foreach (var blob in account.Jobs.GetBlobsAsync(new GetBlobsOptions { Prefix = $"{id}/replies/" }, ct))
            await account.Jobs.DeleteBlobIfExistsAsync(blob.Name, cancellationToken: ct);
    }

    private BlobClient Replies(StageId id, int block) => account.Jobs.GetBlobClient(string.Create(CultureInfo.InvariantCulture, $"{id}/replies/{block:D6}.json"));

    private static string NameOf(StageId id, int block) => string.Create(CultureInfo.InvariantCulture, $"{Prefix(id)}{block:D6}.jsonl");

    private static string Prefix(StageId id) => $"{id}/teacher/";
}
