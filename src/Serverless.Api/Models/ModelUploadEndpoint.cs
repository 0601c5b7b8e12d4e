using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Serverless.Api.Requests;
using Serverless.Api.Wire;
using Serverless.Learning;
using Serverless.Service.Models.Adding;

namespace Serverless.Api.Models;

/// <summary>
/// Ours: adding a base model or an adapter. A multipart form with the zip archive of a Hugging Face or PEFT folder in <c>file</c>, and if wanted <c>name</c> (otherwise
/// the archive's) and <c>replace</c>; answered by the model as <c>/v1/models</c> lists it. The archive goes on to the storage as it arrives.
/// </summary>
internal sealed class ModelUploadEndpoint(IncomingArchives incoming, AddModel add, ApiSettings settings)
{
    /// <summary>Room for the form's other parts beside the archive.</summary>
    private const int FormOverhead = 1024 * 1024;

    public async Task AddAsync(HttpContext context)
    {
        if (context.Request.ContentLength > settings.MaxModelBytes + FormOverhead)
            throw TooLarge();
        // The server's own limit answers without OpenAI's envelope, so it is lifted and the stream counts instead.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        var form = await MultipartForm.OpenAsync(context, "file");
        if (form.Field("name") is { } early)
            AddedName.Parse(early);
        await using var kept = await KeepAsync(form, context.RequestAborted);
        await form.ReadRestAsync(context.RequestAborted);
        var request = new AddRequest(form.Field("name") ?? AddedName.Of(form.FileName), $"{form.FileName}, posted", ReplaceOf(form));
        await using var archive = await kept.OpenAsync(context.RequestAborted);
        var added = await add.RunAsync(archive, request, progress: null, context.RequestAborted);
        await Reply.JsonAsync(context, ModelObject.Of(added.Record), WireJson.Plain.ModelObject);
    }

    private async Task<IncomingArchive> KeepAsync(MultipartForm form, CancellationToken ct)
    {
        try
        {
            await using var content = new BoundedStream(form.File, settings.MaxModelBytes, TooLarge);
            return await incoming.StoreAsync(form.FileName, content, ct);
        }
        catch (Exception error) when (MultipartForm.IsBroken(error))
        {
            throw MultipartForm.Broken(error);
        }
    }

    private static bool ReplaceOf(MultipartForm form) => form.Field("replace") switch
    {
        null or "false" => false,
        "true" => true,
        var other => throw new InputError($"replace: found '{other}'; allowed: true, false", "replace"),
    };

    private InputError TooLarge() =>
        new($"The archive is larger than {settings.MaxModelBytes} bytes, the most that one upload may carry.", "file", "file_too_large");
}
