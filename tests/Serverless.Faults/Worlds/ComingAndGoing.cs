using System.Globalization;
using System.IO.Compression;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Serverless.Service.Evals;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Tests;
using Serverless.Tests.Heads;

namespace Serverless.Faults.Worlds;

/// <summary>
/// A caller of whom files, models and evaluations come and go, one request after another: a file posted, one in parts, a model as an archive, an evaluation with a run,
/// one of them deleted again; and drops. What is answered stands in the world's ledger; a request that the head's death breaks off may have been carried out or not.
/// </summary>
internal sealed class ComingAndGoing(World world, Random random)
{
    private const int Items = EvalItemStore.BlockItems + 4;

    private readonly byte[] _archive = ArchiveOf(Path.Combine(world.Place.Folder, "models", HeadPlace.Model));
    // What may be deleted: the collection's path, and the id.
    private readonly List<(string Kind, string Id)> _there = [];
    private int _number;

    /// <summary>How many requests were answered.</summary>
    public int Answered { get; private set; }

    /// <summary>Sends one request after another until the head is dead.</summary>
    public async Task RunAsync(HeadProcess head, CancellationToken ct)
    {
        while (!head.HasEnded)
        {
            try
            {
                await SendAsync(head, _number++, ct);
                Answered++;
            }
            catch (Exception broken) when (broken is HttpRequestException or IOException && !ct.IsCancellationRequested)
            {
                // The head is gone, or goes: it does not take the next one either.
                await Task.Delay(TimeSpan.FromMilliseconds(20), ct);
            }
        }
    }

    /// <summary>Sends so many requests to a head that lives, of which each has to be answered.</summary>
    public async Task RunAsync(HeadProcess head, int requests, CancellationToken ct)
    {
        for (var sent = 0; sent < requests; sent++)
        {
            await SendAsync(head, _number++, ct);
            Answered++;
        }
    }

    /// <summary>Puts a data set and a model's archive into the storage, past every head and proxy, and waits until a head has taken them.</summary>
    public async Task DropAsync(CancellationToken ct)
    {
        var (name, content) = (string.Create(CultureInfo.InvariantCulture, $"dropped-{_number}"), MethodData.Of(MethodType.Supervised, 3 + _number++ % 5));
        await world.Account.Datasets.UploadBlobAsync(name + ".jsonl", new BinaryData(content), ct);
        await world.Account.Models.UploadBlobAsync(name + ".zip", new BinaryData(_archive), ct);
        FileRecord? file = null;
        while (file is null || await world.Models.FindAsync(new ModelId(name), ct) is null)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), ct);
            file = (await world.Files.ListAsync(null, 1, one => one.DroppedFrom == name + ".jsonl", ct)).Items.FirstOrDefault();
        }
        // The archive goes once the model is there.
        while (await world.Account.Models.GetBlobClient(name + ".zip").ExistsAsync(ct))
            await Task.Delay(TimeSpan.FromMilliseconds(100), ct);
        world.Ledger.Uploaded(file.Id, content);
        world.Ledger.Added(new ModelId(name));
    }

    private async Task SendAsync(HeadProcess head, int number, CancellationToken ct)
    {
        var content = MethodData.Of(MethodType.Supervised, 3 + number % 5);
        var name = string.Create(CultureInfo.InvariantCulture, $"brought-{number}");
        switch (number % 6)
        {
            case 0 or 3:
                _there.Add(("files", await world.UploadAsync(head, content, name + ".jsonl", ct)));
                break;
            case 1:
                _there.Add(("files", await UploadInPartsAsync(head, content, name + ".jsonl", ct)));
                break;
            case 2:
                await AddAsync(head, name, ct);
                _there.Add(("models", name));
                break;
            case 4:
                await EvaluateAsync(head, answers: number / 6 % 2 == 0, ct);
                break;
            default:
                if (_there.Count > 0)
                    await DeleteAsync(head, _there[random.Next(_there.Count)], ct);
                break;
        }
    }

    private async Task<string> UploadInPartsAsync(HeadProcess head, string content, string name, CancellationToken ct)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        var upload = await PostAsync(head, "uploads", JsonContent.Create(new { filename = name, purpose = "fine-tune", bytes = bytes.Length, mime_type = "application/jsonl" }), ct);
        var id = upload.GetProperty("id").GetString();
        var parts = new List<string>();
        foreach (var part in new[] { bytes[..(bytes.Length / 2)], bytes[(bytes.Length / 2)..] })
        {
            using var form = new MultipartFormDataContent { { new ByteArrayContent(part), "data", "part" } };
            parts.Add((await PostAsync(head, $"uploads/{id}/parts", form, ct)).GetProperty("id").GetString()!);
        }
        var complete = await PostAsync(head, $"uploads/{id}/complete", JsonContent.Create(new { part_ids = parts }), ct);
        var file = complete.GetProperty("file").GetProperty("id").GetString()!;
        world.Ledger.Uploaded(new FileId(file), content);
        return file;
    }

    private async Task AddAsync(HeadProcess head, string name, CancellationToken ct)
    {
        using var form = new MultipartFormDataContent { { new StringContent(name), "name" }, { new ByteArrayContent(_archive), "file", name + ".zip" } };
        await PostAsync(head, "models", form, ct);
        world.Ledger.Added(new ModelId(name));
    }

    /// <param name="answers">Whether a model answers the run's items, or their answers are given.</param>
    private async Task EvaluateAsync(HeadProcess head, bool answers, CancellationToken ct)
    {
        var schema = new { type = "custom", item_schema = new { type = "object" }, include_sample_schema = true };
        var criterion = new { type = "string_check", name = "yes", operation = "ilike", input = "{{sample.output_text}}", reference = "yes" };
        var eval = (await PostAsync(head, "evals", JsonContent.Create(new { data_source_config = schema, testing_criteria = new[] { criterion } }), ct)).GetProperty("id").GetString()!;
        var items = Enumerable.Range(0, Items).Select(at => new { item = new { at }, sample = new { output_text = at % 3 == 0 ? "no" : "yes" } });
        var source = new { type = "file_content", content = items };
        object data = answers
            ? new
            {
                type = "completions",
                model = world.Model,
                source,
                input_messages = new { type = "template", template = new[] { new { role = "user", content = "item {{item.at}}" } } },
                sampling_params = new { max_completion_tokens = 4 },
            }
            : new { type = "jsonl", source };
        _there.Add(("evals", eval));
        var runs = $"evals/{eval}/runs";
        var run = (await PostAsync(head, runs, JsonContent.Create(new { data_source = data }), ct)).GetProperty("id").GetString()!;
        world.Ledger.Evaluates(new EvalId(eval), new EvalRunId(run), Items);
        _there.Add((runs, run));
        if (random.Next(4) != 0)
            return;
        world.Ledger.Cancels(new EvalRunId(run));
        await PostAsync(head, $"{runs}/{run}", new StringContent(""), ct);
    }

    private async Task DeleteAsync(HeadProcess head, (string Kind, string Id) one, CancellationToken ct)
    {
        var (kind, id) = one;
        // With an evaluation its runs go.
        _there.RemoveAll(other => other == one || other.Kind.StartsWith($"{kind}/{id}/", StringComparison.Ordinal));
        world.Ledger.Deletes(id);
        using var answer = await head.Http.DeleteAsync($"{kind}/{id}", ct);
        answer.EnsureSuccessStatusCode();
        world.Ledger.Deleted(id);
    }

    private static async Task<JsonElement> PostAsync(HeadProcess head, string path, HttpContent content, CancellationToken ct)
    {
        using var answer = await head.Http.PostAsync(path, content, ct);
        var text = await answer.Content.ReadAsStringAsync(ct);
        return answer.IsSuccessStatusCode ? JsonDocument.Parse(text).RootElement : throw new InvalidOperationException($"{path}: {(int)answer.StatusCode} {text}");
    }

    private static byte[] ArchiveOf(string folder)
    {
        using var bytes = new MemoryStream();
        ZipFile.CreateFromDirectory(folder, bytes);
        return bytes.ToArray();
    }
}
