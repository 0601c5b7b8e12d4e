using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Serverless.Faults.Checks;
using Serverless.Faults.Running;
using Serverless.Faults.Worlds;
using Serverless.Service.Jobs;

namespace Serverless.Faults.Faults;

/// <summary>
/// A model that is deleted while it is in use. While a job trains on it that is refused. While it answers it is deleted, and the answer goes on
/// to its end; afterwards nothing of it is left.
/// </summary>
internal sealed class DeletedModel : IFault
{
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

        var asked = new JsonObject
        {
            ["model"] = model, ["stream"] = true, ["max_tokens"] = 64, ["temperature"] = 1, ["seed"] = 1,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "Ticket 1" }),
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, "chat/completions") { Content = JsonContent.Create(asked) };
        using var answer = await head.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        world.Ledger.Deletes(model);
        (status, text) = await DeleteAsync();
        var streamed = await answer.Content.ReadAsStringAsync(ct);
        if (status != 200 || !streamed.Contains("data: [DONE]", StringComparison.Ordinal))
            throw new FaultLostException([$"deleting answered {status} {text}, and the answer under way was:\n{streamed}"]);
        world.Ledger.Deleted(model);
        await Invariants.CheckAsync(world, [], ct);

        async Task<(int Status, string Text)> DeleteAsync()
        {
            using var deleted = await head.Http.DeleteAsync($"models/{Uri.EscapeDataString(model)}", ct);
            return ((int)deleted.StatusCode, await deleted.Content.ReadAsStringAsync(ct));
        }
    }
}
