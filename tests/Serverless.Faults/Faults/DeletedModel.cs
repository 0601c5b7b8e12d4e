using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Serverless.Faults.Running;
using Serverless.Faults.Worlds;
using Serverless.Service.Jobs;
using Serverless.Tests.Heads;

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
        while (run.GoesOn)
            await run.TryAsync("a model is deleted while it is used", ct => RunAsync(run, ct));
    }

    private static async Task RunAsync(FaultRun run, CancellationToken ct)
    {
        await using var world = await World.OnSharedStorageAsync(run);
        await using var head = await world.StartHeadAsync(ct);
        var first = await world.UntilEndedAsync(await world.CreateJobAsync(head, JobKind.All[1], ct), ct);
        var model = first.FineTunedModel?.Value ?? throw new InvalidOperationException($"the job is {first.Status}: {first.Error?.Message}");
        var body = JobKind.Long.Body(world.Model, await head.UploadAsync(JobKind.Long.Content, "next.jsonl", ct));
        body["model"] = model;
        var job = new JobId(await head.CreateJobAsync(body, ct));
        await world.UntilTrainingAsync(job, 1, ct);
        var (status, text) = await DeleteAsync();
        if (status < 400 || !text.Contains("model_in_use", StringComparison.Ordinal))
            throw new FaultLostException([$"a model that a job trains on was deleted: {status} {text}"]);
        var ended = await world.UntilEndedAsync(job, ct);
        if (ended.Status != JobStatus.Succeeded)
            throw new FaultLostException([$"the job is {ended.Status}: {ended.Error?.Message}"]);

        var asked = new JsonObject
        {
            ["model"] = model, ["stream"] = true, ["max_tokens"] = 64, ["temperature"] = 1, ["seed"] = 1,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "Ticket 1" }),
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, "chat/completions") { Content = JsonContent.Create(asked) };
        using var answer = await head.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        (status, text) = await DeleteAsync();
        var streamed = await answer.Content.ReadAsStringAsync(ct);
        if (status != 200 || !streamed.Contains("data: [DONE]", StringComparison.Ordinal))
            throw new FaultLostException([$"deleting answered {status} {text}, and the answer under way was:\n{streamed}"]);
        if (await BlobCheck.FindAsync(world, ct) is { Count: > 0 } findings)
            throw new FaultLostException(findings);

        async Task<(int Status, string Text)> DeleteAsync()
        {
            using var deleted = await head.Http.DeleteAsync($"models/{Uri.EscapeDataString(model)}", ct);
            return ((int)deleted.StatusCode, await deleted.Content.ReadAsStringAsync(ct));
        }
    }
}
