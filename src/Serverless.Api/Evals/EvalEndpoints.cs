using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Serverless.Api.Jobs;
using Serverless.Api.Requests;
using Serverless.Api.Wire;
using Serverless.Learning;
using Serverless.Service.Evals;

namespace Serverless.Api.Evals;

/// <summary>Evaluations: create, list, retrieve, update, delete.</summary>
internal sealed class EvalEndpoints(EvalService service, EvalCatalog catalog, ApiSettings settings, TimeProvider clock)
{
    private const int MaxName = 256;

    public async Task CreateAsync(HttpContext context)
    {
        using var document = await JsonBody.ReadAsync(context, settings);
        var body = new RequestObject(document.RootElement, "");
        var (schema, includeSample) = EvalReader.DataSourceConfig(body);
        var eval = await service.CreateAsync(
            body.String("name", 1, MaxName), schema, includeSample, EvalReader.TestingCriteria(body), JobRequestReader.ReadMetadata(body), context.RequestAborted);
        await Reply.JsonAsync(context, EvalObject.Of(eval), WireJson.Plain.JsonObject, StatusCodes.Status201Created);
    }

    public async Task ListAsync(HttpContext context)
    {
        var isByUpdate = PageQuery.Among(context.Request, "order_by", ["created_at", "updated_at"]) == "updated_at";
        var page = await CatalogPages.ReadAsync(
            context.Request, catalog, null, text => new EvalId(text), id => id.IsWellFormed, eval => eval.Id.Value, context.RequestAborted,
            isByUpdate ? eval => eval.UpdatedAt ?? eval.CreatedAt : null);
        await Reply.JsonAsync(context, Marked.Of([.. page.Items.Select(EvalObject.Of)], page.HasMore), WireJson.Plain.MarkedListObjectJsonObject);
    }

    public async Task RetrieveAsync(HttpContext context) => await Reply.JsonAsync(context, EvalObject.Of(await FindAsync(context)), WireJson.Plain.JsonObject);

    public async Task UpdateAsync(HttpContext context)
    {
        using var document = await JsonBody.ReadAsync(context, settings);
        var body = new RequestObject(document.RootElement, "");
        var name = body.String("name", 1, MaxName);
        var metadata = body.Value("metadata") is null ? null : JobRequestReader.ReadMetadata(body);
        var eval = await FindAsync(context);
        eval = await catalog.UpdateAsync(eval.Id, now => now with { Name = name ?? now.Name, Metadata = metadata ?? now.Metadata, UpdatedAt = clock.GetUtcNow() }, context.RequestAborted);
        await Reply.JsonAsync(context, EvalObject.Of(eval), WireJson.Plain.JsonObject);
    }

    public async Task DeleteAsync(HttpContext context)
    {
        var eval = await FindAsync(context);
        await service.DeleteAsync(eval.Id, context.RequestAborted);
        await Reply.JsonAsync(context, new JsonObject { ["object"] = "eval.deleted", ["deleted"] = true, ["eval_id"] = eval.Id.Value }, WireJson.Plain.JsonObject);
    }

    private async Task<EvalRecord> FindAsync(HttpContext context)
    {
        var id = new EvalId((string)context.Request.RouteValues["id"]!);
        return (id.IsWellFormed ? await catalog.FindAsync(id, context.RequestAborted) : null) ?? throw NotFound(id.Value);
    }

    internal static InputError NotFound(string id) => new($"No such Eval object: {id}", "eval_id", "not_found");
}
