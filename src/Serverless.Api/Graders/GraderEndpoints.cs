using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Serverless.Api.Requests;
using Serverless.Api.Wire;
using Serverless.Learning.Grading;
using Serverless.Service.Inference;

namespace Serverless.Api.Graders;

/// <summary>Tries graders out: run one on an answer, or only validate it.</summary>
internal sealed class GraderEndpoints(GraderModels models, ApiSettings settings, TimeProvider clock)
{
    private const string Field = "grader";

    public async Task RunAsync(HttpContext context)
    {
        using var document = await JsonBody.ReadAsync(context, settings);
        var body = new RequestObject(document.RootElement, "");
        var grader = Grader.Parse(body.RequiredValue(Field), Field);
        var sample = new GraderSample(body.RequiredString("model_sample"));
        var item = ItemOf(body);
        var begun = clock.GetTimestamp();
        var replies = await models.AskAsync(grader.Questions(item, sample), context.RequestAborted);
        var grade = grader.Grade(item, sample, [.. replies.Select(reply => reply.Answer)]);
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

    /// <summary>The item, an empty one if the request has none.</summary>
    private static JsonElement ItemOf(RequestObject body)
    {
        if (body.Value("item") is not { } item)
            return JsonSerializer.SerializeToElement(new { });
        return item.ValueKind == JsonValueKind.Object ? item : throw Refusal.WrongType("item", "an object", RequestObject.Kind(item));
    }
}
