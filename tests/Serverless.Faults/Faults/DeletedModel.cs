using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Serverless.Faults.Checks;
using Serverless.Faults.Running;
using Serverless.Faults.Worlds;
using Serverless.Learning.Text;
using Serverless.Service.Jobs;
using Serverless.Tests.Heads;

namespace Serverless.Faults.Faults;

/// <summary>
/// A model that is deleted while it is in use. While a job trains on it that is refused. While it answers it is deleted, and the answer goes on,
/// with tokens that come after the deletion was answered, to its end; afterwards nothing of it is left.
/// </summary>
internal sealed class DeletedModel : IFault
{
    // A deletion takes as long as some hundred tokens of the tiny model, which was made for 128.
    private const int Tokens = 2000, TokensAfter = 10;

    public string Name => "model-deleted";

    public bool IsInShortForm => false;

    public async Task RunAsync(FaultRun run)
    {
        await Undisturbed.FindAsync(run, [JobKind.All[1]]);
        while (run.GoesOn)
            await run.TryAsync("a model is deleted while it is used", ct => RunAsync(run, ct));
    }

    private static async Task RunAsync(FaultRun run, CancellationToken ct)
    {
        await using var world = await World.OnSharedStorageAsync(run);
        LetAnswerLong(world);
        await using var head = await world.StartHeadAsync(ct);
        var first = await world.UntilEndedAsync(await world.CreateJobAsync(head, JobKind.All[1], ct), ct);
        var model = first.FineTunedModel?.Value ?? throw new InvalidOperationException($"the job is {first.Status}: {first.Error?.Message}");
        await world.Ledger.NoteAsync(world, ct);
        var body = JobKind.Long.Body(world.Model, await world.UploadAsync(head, JobKind.Long.Content, "next.jsonl", ct));
        body["model"] = model;
        var job = await world.CreateJobAsync(head, body, ct);
        await world.UntilTrainingAsync(job, 1, ct);
        var (status, text) = await DeleteAsync();
        if (status < 400 || !text.Contains("model_in_use", StringComparison.Ordinal))
            throw new FaultLostException([$"a model that a job trains on was deleted: {status} {text}"]);
        var ended = await world.UntilEndedAsync(job, ct);
        if (ended.Status != JobStatus.Succeeded)
            throw new FaultLostException([$"the job is {ended.Status}: {ended.Error?.Message}"]);
        await Invariants.CheckAsync(world, [(JobKind.All[1], first.Id)], ct);

        using var request = new HttpRequestMessage(HttpMethod.Post, "chat/completions") { Content = JsonContent.Create(Question(run, world, model)) };
        using var answer = await head.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        if (!answer.IsSuccessStatusCode)
            throw new FaultLostException([$"the model answers with {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(ct)}"]);
        var stream = new Streamed();
        var end = stream.ReadAsync(await answer.Content.ReadAsStreamAsync(ct), ct);
        await Task.WhenAny(stream.Begun, end);
        world.Ledger.Deletes(model);
        (status, text) = await DeleteAsync();
        var deletedAt = Stopwatch.GetTimestamp();
        var streamed = await end;
        if (status != 200 || !streamed.Contains("data: [DONE]", StringComparison.Ordinal) || streamed.Contains("\"error\"", StringComparison.Ordinal))
            throw new FaultLostException([$"deleting answered {status} {text}, and the answer under way was:\n{streamed}"]);
        var after = stream.ChunksAfter(deletedAt);
        if (after < TokensAfter)
            throw new StruckTooLateException($"{after} of {stream.Chunks} chunks of the answer came after its model was deleted");
        run.Notes = $"{after} of {stream.Chunks} chunks of the answer came after its model was deleted";
        world.Ledger.Deleted(model);
        await Invariants.CheckAsync(world, [], ct);

        async Task<(int Status, string Text)> DeleteAsync()
        {
            using var deleted = await head.Http.DeleteAsync($"models/{Uri.EscapeDataString(model)}", ct);
            return ((int)deleted.StatusCode, await deleted.Content.ReadAsStringAsync(ct));
        }
    }

    /// <summary>One that does not end before its many tokens are written, whatever the model would say.</summary>
    private static JsonObject Question(FaultRun run, World world, string model)
    {
        var tokenizer = Tokenizer.Load(Path.Combine(FolderOf(world), "tokenizer.json"));
        var never = new JsonObject();
        foreach (var end in new[] { "<|im_end|>", "<|endoftext|>" })
            if (tokenizer.IdOf(end) is { } id)
                never[$"{id}"] = -100;
        return new()
        {
            ["model"] = model, ["stream"] = true, ["max_tokens"] = Tokens, ["temperature"] = 1, ["seed"] = run.Random.Next(), ["logit_bias"] = never,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "Ticket 1" }),
        };
    }

    /// <summary>The tiny model's answers end with its 128th token; its weights know no such bound.</summary>
    private static void LetAnswerLong(World world)
    {
        var path = Path.Combine(FolderOf(world), "config.json");
        var config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        config["max_position_embeddings"] = 2 * Tokens;
        File.WriteAllText(path, config.ToJsonString());
    }

    private static string FolderOf(World world) => Path.Combine(world.Place.Folder, "models", HeadPlace.Model);

    /// <summary>An answer as it comes, each chunk with its time: it is read at once, so that none waits in a buffer for being looked at.</summary>
    private sealed class Streamed
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly List<long> _times = [];

        /// <summary>Ends when the first token has come: the chunk after the one that names the role.</summary>
        public Task Begun => _begun.Task;

        /// <summary>How many came, once all have.</summary>
        public int Chunks => _times.Count;

        /// <summary>How many came after a time, by <see cref="Stopwatch"/>.</summary>
        public int ChunksAfter(long time) => _times.Count(one => one > time);

        /// <summary>Reads to the end.</summary>
        public async Task<string> ReadAsync(Stream content, CancellationToken ct)
        {
            using var lines = new StreamReader(content);
            var all = new StringBuilder();
            while (await lines.ReadLineAsync(ct) is { } line)
            {
                all.AppendLine(line);
                if (!line.StartsWith("data: {", StringComparison.Ordinal))
                    continue;
                _times.Add(Stopwatch.GetTimestamp());
                if (_times.Count == 2)
                    _begun.TrySetResult();
            }
            return all.ToString();
        }
    }
}
