using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Azure.Storage.Blobs.Models;
using Serverless.Service.Jobs;
using Serverless.Service.Storage;

namespace Serverless.Service.Pipeline.FineTuning.Teaching;

/// <summary>
/// The answers that a job's teacher gave: <c>jobs/&lt;id&gt;/teacher/&lt;block&gt;.jsonl</c>, an answer a line. What is stored is not asked for again.
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

    private static string NameOf(StageId id, int block) => string.Create(CultureInfo.InvariantCulture, $"{Prefix(id)}{block:D6}.jsonl");

    private static string Prefix(StageId id) => $"{id}/teacher/";
}
