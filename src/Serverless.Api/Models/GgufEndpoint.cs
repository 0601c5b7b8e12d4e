using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Serverless.Api.Access;
using Serverless.Api.Requests;
using Serverless.Learning.Formats.Gguf;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Api.Models;

/// <summary>
/// Ours: a model as one GGUF file for llama.cpp and what is built on it, written when it is asked for. <c>type</c> says how matrices are stored.
/// </summary>
internal sealed partial class GgufEndpoint(CheckpointModels models, GgufModels gguf, StreamPlaces places)
{
    public async Task DownloadAsync(HttpContext context)
    {
        var name = PageQuery.Single(context.Request, "type") ?? GgufTypeNames.Usual;
        if (!GgufTypeNames.All.Contains(name))
            throw Refusal.NotAmong("type", name, GgufTypeNames.All);
        var model = await NamedModel.FindAsync(context, models);
        using var place = places.Enter(context);
        await using var file = await gguf.OpenAsync(model, GgufTypeNames.TypeOf(name), context.RequestAborted);
        await Reply.DownloadAsync(context, file.Content, file.Bytes, $"{NotInFileNames().Replace(model.Id.Value, "-")}-{name.ToUpperInvariant()}.gguf");
    }

    [GeneratedRegex("[^A-Za-z0-9._-]+")]
    private static partial Regex NotInFileNames();
}
