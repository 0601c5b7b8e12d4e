using Microsoft.AspNetCore.Http;
using Serverless.Learning;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Api.Models;

/// <summary>The model that a path names.</summary>
internal static class NamedModel
{
    /// <exception cref="InputError">There is none.</exception>
    public static async Task<ModelRecord> FindAsync(HttpContext context, CheckpointModels models)
    {
        // The server leaves an escaped slash as it is, and names of bases may have one.
        var name = ((string)context.Request.RouteValues["model"]!).Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        var id = new ModelId(name);
        return await models.FindAsync(id, context.RequestAborted) ?? throw UnknownModel.Refusal(id);
    }
}
