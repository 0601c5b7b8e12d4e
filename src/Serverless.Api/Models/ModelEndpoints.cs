using Microsoft.AspNetCore.Http;
using Serverless.Api.Access;
using Serverless.Api.Wire;
using Serverless.Learning;
using Serverless.Service.Models;
using Serverless.Service.Models.Adding;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Api.Models;

/// <summary>Models: list, retrieve, delete, and ours: the files of a model's folder.</summary>
internal sealed class ModelEndpoints(ModelStore models, ModelCatalog catalog, CheckpointModels checkpoints, RemoveModel removal, StreamPlaces places)
{
    public async Task ListAsync(HttpContext context)
    {
        var all = await catalog.ListAsync(filter: null, context.RequestAborted);
        await Reply.JsonAsync(context, new ModelListObject([.. all.Select(ModelObject.Of)]), WireJson.Plain.ModelListObject);
    }

    public async Task RetrieveAsync(HttpContext context) =>
        await Reply.JsonAsync(context, ModelObject.Of(await FindAsync(context)), WireJson.Plain.ModelObject);

    public async Task DeleteAsync(HttpContext context)
    {
        var model = await FindAsync(context);
        await removal.RunAsync(model.Id, context.RequestAborted);
        await Reply.JsonAsync(context, new DeletedObject(model.Id.Value, "model"), WireJson.Plain.DeletedObject);
    }

    public async Task ListArtefactsAsync(HttpContext context)
    {
        var model = await FindAsync(context);
        ArtefactObject[] artefacts =
        [
            .. model.Parts.Select(part =>
                new ArtefactObject(part.Path, part.Bytes, part.Sha256, $"/v1/models/{Uri.EscapeDataString(model.Id.Value)}/files/{Escaped(part.Path)}")),
        ];
        await Reply.JsonAsync(context, new ListObject<ArtefactObject>(artefacts, HasMore: false), WireJson.Plain.ListObjectArtefactObject);
    }

    public async Task DownloadArtefactAsync(HttpContext context)
    {
        var model = await FindAsync(context);
        var path = (string)context.Request.RouteValues["path"]!;
        var part = model.Parts.FirstOrDefault(one => one.Path == path)
            ?? throw new InputError($"The model '{model.Id}' has no file '{path}'.", "path", "not_found");
        using var place = places.Enter(context);
        await using var content = await models.OpenAsync(model, part, context.RequestAborted);
        await Reply.DownloadAsync(context, content, part.Bytes, Path.GetFileName(part.Path));
    }

    private Task<ModelRecord> FindAsync(HttpContext context) => NamedModel.FindAsync(context, checkpoints);

    private static string Escaped(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
}
