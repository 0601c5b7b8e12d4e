using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Serverless.Api.Requests;
using Serverless.Api.Wire;
using Serverless.Learning.Grading;
using Serverless.Service.Inference;

namespace Serverless.Api.Graders;

/// <summary>Tries graders out: run one on an answer, or only validate it.</summary>
internal sealed class GraderEndpoints(GraderModels models, ApiSettings settings, TimeProvider clock) : IDisposable
{
    private const string Field = "grader";

    // A pattern that backtracks keeps a processor busy for as long as it may.
    private readonly SemaphoreSlim _places = new(Environment.ProcessorCount);

    public void Dispose() => _places.Dispose();

    public async Task RunAsync(HttpContext context)
    {
        using var document = await JsonBody.ReadAsync(context, settings);
        var body = new RequestObject(document.RootElement, "");
        var grader = Grader.Parse(body.RequiredValue(Field), Field);
        var sample = new GraderSample(body.RequiredString("model_sample"));
        var item = ItemOf(body);
        var begun = clock.GetTimestamp();
        var replies = await models.AskAsync(grader.Questions(item, sample), context.RequestAborted);
        var grade = await GradeAsync(grader, item, sample, [.. replies.Select(reply => reply.Answer)], context.RequestAborted);
        var answer = GraderRunObject.Of(grader, grade, replies, clock.GetElapsedTime(begun));
        await Reply.JsonAsync(context, answer, WireJson.Plain.JsonObject);
    }

    public async Task ValidateAsync(HttpContext context)
    {
        using var document = await JsonBody.ReadAsync(context, settings);
        var given = new RequestObject(document.RootElement, "").RequiredValue(Field);
        await models.CheckAsync(Grader.Parse(given, Field), $"{Field}.model", context.RequestAborted);
        await Reply.JsonAsync(context, new() { [Field] = System.Text.Json.Nodes.JsonObject.Create(given.Clone()) }, WireJson.Plain.JsonObject);
    }

    /// <summary>Grades on a thread of its own, so that a request can be given up while a pattern still runs; as many at a time as there are processors.</summary>
    private async Task<Grade> GradeAsync(Grader grader, JsonElement item, GraderSample sample, GraderAnswer[] answers, CancellationToken ct)
    {
        await _places.WaitAsync(ct);
        // It outlives the request's body.
        var kept = item.Clone();
        var run = Task.Run(
            () =>
            {
                try
                {
                    return grader.Grade(kept, sample, answers, ct);
                }
                finally
                {
                    _places.Release();
                }
            },
            CancellationToken.None);
        return await run.WaitAsync(ct);
    }

    /// <summary>The item, an empty one if the request has none.</summary>
    private static JsonElement ItemOf(RequestObject body)
    {
        if (body.Value("item") is not { } item)
            return JsonSerializer.SerializeToElement(new { });
        return item.ValueKind == JsonValueKind.Object ? item : throw Refusal.WrongType("item", "an object", RequestObject.Kind(item));
    }
}
