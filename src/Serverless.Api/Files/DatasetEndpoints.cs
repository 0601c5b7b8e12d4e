using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Serverless.Api.Requests;
using Serverless.Api.Wire;
using Serverless.Learning;
using Serverless.Learning.Data;
using Serverless.Service.Files;
using Serverless.Service.Models;
using Serverless.Service.Pipeline;

namespace Serverless.Api.Files;

/// <summary>Data sets: the report of their intake, and their examples as a model sees them. Ours.</summary>
internal sealed class DatasetEndpoints(FileCatalog catalog, FileStore store, ModelCatalog models, ModelEncoders encoders, PipelineSettings pipeline)
{
    private const int MaxExamples = 20;

    public async Task ReportAsync(HttpContext context)
    {
        var file = await FindAsync(context);
        if (file.Report is not { } report)
        {
            throw new InputError(file.Status == FileStatus.Uploaded
                ? $"The file {file.Id} has no report yet: it is being read"
                : $"The file {file.Id} has no report: it is no data set", "id", "not_found");
        }
        await Reply.JsonAsync(context, FileReportObject.Of(file, report), WireJson.Plain.JsonObject);
    }

    /// <summary>A few examples (<c>limit</c>, behind the line <c>after</c>) in the tokens of <c>model</c>; of a file with faults those before the first.</summary>
    public async Task ExamplesAsync(HttpContext context)
    {
        var file = await FindAsync(context);
        if (file.Report?.Format is not { } format)
            throw new InputError($"The file {file.Id} has no examples: it is no data set, or it is not read yet", "id", "not_found");
        var query = PageQuery.Read(context.Request, defaultLimit: 5, MaxExamples);
        var after = 0;
        if (query.After is { } line && !int.TryParse(line, out after))
            throw Refusal.WrongType("after", "the number of a line", $"'{line}'");
        var name = PageQuery.Single(context.Request, "model") ?? pipeline.IntakeModel;
        var id = new ModelId(name);
        var model = await models.FindAsync(id, context.RequestAborted) ?? throw UnknownModel.Refusal(id);
        var encoder = await encoders.OfAsync(await WeightsOfAsync(model, context.RequestAborted), context.RequestAborted);

        await using var content = await store.OpenAsync(file.Id, 0, context.RequestAborted) ?? throw NotFound(file.Id.Value);
        // Reading a data set waits for its storage, so it has a thread of its own.
        var examples = await Task.Run(() => Read(content, file, format.Format, after, query.Limit + 1), context.RequestAborted);
        var data = examples.Take(query.Limit).Select(example => (JsonNode)FileExampleObject.Of(example, encoder));
        await Reply.JsonAsync(context, new JsonObject
        {
            ["object"] = "list",
            ["model"] = name,
            ["data"] = new JsonArray([.. data]),
            ["has_more"] = examples.Count > query.Limit,
        }, WireJson.Plain.JsonObject);
    }

    private static List<DatasetExample> Read(Stream content, FileRecord file, DatasetFormat format, int after, int count)
    {
        var found = new List<DatasetExample>();
        try
        {
            found.AddRange(DatasetReader.Read(content, file.Name, format).SkipWhile(example => example.Line <= after).Take(count));
        }
        catch (InputError)
        {
            // The reader tells faults at the end of the file; the report has them.
        }
        return found;
    }

    /// <summary>An adapter has no tokenizer of its own.</summary>
    private async Task<ModelRecord> WeightsOfAsync(ModelRecord model, CancellationToken ct) =>
        model.Kind == ModelKind.Adapter && model.BaseModel is { } named && await models.FindAsync(named, ct) is { } found ? found : model;

    private async Task<FileRecord> FindAsync(HttpContext context)
    {
        var id = new FileId((string)context.Request.RouteValues["id"]!);
        return (id.IsWellFormed ? await catalog.FindAsync(id, context.RequestAborted) : null) ?? throw NotFound(id.Value);
    }

    private static InputError NotFound(string id) => new($"No such File object: {id}", "id", "not_found");
}
