using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Serverless.Api.Jobs;
using Serverless.Api.Requests;
using Serverless.Api.Wire;
using Serverless.Learning;
using Serverless.Service.Catalog;
using Serverless.Service.Evals;

namespace Serverless.Api.Evals;

/// <summary>Runs of evaluations with their items: create, list, retrieve, cancel, delete.</summary>
internal sealed class EvalRunEndpoints(EvalService service, EvalCatalog evals, EvalRunCatalog runs, EvalItemStore items, ApiSettings settings)
{
    private const int MaxName = 256;
    private const int MaxPage = 100;

    public async Task CreateAsync(HttpContext context)
    {
        using var document = await JsonBody.ReadAsync(context, settings);
        var body = new RequestObject(document.RootElement, "");
        var source = EvalRunReader.Read(body);
        var eval = await FindEvalAsync(context);
        try
        {
            var run = await service.CreateRunAsync(eval, body.String("name", 1, MaxName), source, JobRequestReader.ReadMetadata(body), context.RequestAborted);
            await SendAsync(context, run, StatusCodes.Status201Created);
        }
        catch (RecordNotFoundException)
        {
            throw EvalEndpoints.NotFound(eval.Id.Value);
        }
    }

    public async Task ListAsync(HttpContext context)
    {
        var status = PageQuery.Among(context.Request, "status", EvalRunObject.Statuses);
        var eval = await FindEvalAsync(context);
        var page = await CatalogPages.ReadAsync(
            context.Request, runs, run => run.EvalId == eval.Id && (status is null || EvalRunObject.StatusOf(run) == status),
            text => new EvalRunId(text), id => id.IsWellFormed, run => run.Id.Value, context.RequestAborted);
        await Reply.JsonAsync(context, Marked.Of([.. page.Items.Select(run => EvalRunObject.Of(run, Url(context, run)))], page.HasMore), WireJson.Plain.MarkedListObjectJsonObject);
    }

    public async Task RetrieveAsync(HttpContext context) => await SendAsync(context, await FindAsync(context));

    public async Task CancelAsync(HttpContext context)
    {
        var run = await FindAsync(context);
        try
        {
            await SendAsync(context, await service.CancelRunAsync(run.Id, context.RequestAborted));
        }
        catch (RecordNotFoundException)
        {
            throw NotFound(run.Id.Value);
        }
    }

    public async Task DeleteAsync(HttpContext context)
    {
        var run = await FindAsync(context);
        await service.DeleteRunAsync(run.Id, context.RequestAborted);
        await Reply.JsonAsync(context, new JsonObject { ["object"] = "eval.run.deleted", ["deleted"] = true, ["run_id"] = run.Id.Value }, WireJson.Plain.JsonObject);
    }

    public async Task ListItemsAsync(HttpContext context)
    {
        var query = PageQuery.Read(context.Request, defaultLimit: 20, MaxPage);
        var descending = PageQuery.OrderOf(context.Request, ListOrder.Ascending) == ListOrder.Descending;
        var status = PageQuery.Among(context.Request, "status", EvalItemObject.Statuses);
        var run = await FindAsync(context);
        var after = query.After is { } id ? EvalItemObject.IndexOf(run, id) ?? throw ItemNotFound(id) : (int?)null;
        var page = new List<EvalItemRecord>();
        // Items are stored in their order; the other order reads all of them.
        await foreach (var item in items.ReadAsync(run, descending ? 0 : after + 1 ?? 0, context.RequestAborted))
        {
            if (status is not null && !EvalItemObject.HasStatus(item, status))
                continue;
            if (descending ? after is { } last && item.Index >= last : page.Count > query.Limit)
                break;
            page.Add(item);
        }
        if (descending)
            page.Reverse();
        await Reply.JsonAsync(
            context, Marked.Of([.. page.Take(query.Limit).Select(item => EvalItemObject.Of(run, item))], page.Count > query.Limit), WireJson.Plain.MarkedListObjectJsonObject);
    }

    public async Task RetrieveItemAsync(HttpContext context)
    {
        var run = await FindAsync(context);
        var id = (string)context.Request.RouteValues["item"]!;
        if (EvalItemObject.IndexOf(run, id) is { } index)
            await foreach (var item in items.ReadAsync(run, index, context.RequestAborted))
            {
                await Reply.JsonAsync(context, EvalItemObject.Of(run, item), WireJson.Plain.JsonObject);
                return;
            }
        throw ItemNotFound(id);
    }

    private static Task SendAsync(HttpContext context, EvalRunRecord run, int status = StatusCodes.Status200OK) =>
        Reply.JsonAsync(context, EvalRunObject.Of(run, Url(context, run)), WireJson.Plain.JsonObject, status);

    /// <summary>Where the run can be looked at.</summary>
    private static string Url(HttpContext context, EvalRunRecord run) =>
        $"{context.Request.Scheme}://{context.Request.Host}/v1/evals/{run.EvalId}/runs/{run.Id}/output_items";

    private async Task<EvalRecord> FindEvalAsync(HttpContext context)
    {
        var id = new EvalId((string)context.Request.RouteValues["id"]!);
        return (id.IsWellFormed ? await evals.FindAsync(id, context.RequestAborted) : null) ?? throw EvalEndpoints.NotFound(id.Value);
    }

    private async Task<EvalRunRecord> FindAsync(HttpContext context)
    {
        var eval = await FindEvalAsync(context);
        var id = new EvalRunId((string)context.Request.RouteValues["run"]!);
        var run = id.IsWellFormed ? await runs.FindAsync(id, context.RequestAborted) : null;
        return run?.EvalId == eval.Id ? run : throw NotFound(id.Value);
    }

    private static InputError NotFound(string id) => new($"No such EvalRun object: {id}", "run_id", "not_found");

    private static InputError ItemNotFound(string id) => new($"No such EvalRunOutputItem object: {id}", "output_item_id", "not_found");
}
