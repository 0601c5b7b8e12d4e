using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Serverless.Api.Files;
using Serverless.Api.Requests;
using Serverless.Api.Wire;
using Serverless.Learning;
using Serverless.Service.Uploads;

namespace Serverless.Api.Uploads;

/// <summary>Files that come in parts: create, parts, complete, cancel.</summary>
internal sealed class UploadEndpoints(UploadService uploads, ApiSettings settings, TimeProvider clock)
{
    public async Task CreateAsync(HttpContext context)
    {
        using var document = await JsonBody.ReadAsync(context, settings);
        var body = new RequestObject(document.RootElement, "");
        var name = body.RequiredString("filename", minLength: 1);
        if (!MultipartForm.IsFileName(name) || name.AsSpan().ContainsAny('/', '\\'))
            throw Refusal.NotAllowed("filename", "up to 255 characters without folders and control characters", $"'{name}'");
        var purpose = FilePurposes.Check(body.String("purpose"));
        var bytes = body.Integer("bytes", 1, UploadService.MaxBytes) ?? throw Refusal.Missing("bytes");
        body.RequiredString("mime_type", minLength: 1);
        await SendAsync(context, await uploads.CreateAsync(name, purpose, bytes, FileExpiry.Read(body), context.RequestAborted));
    }

    public async Task AddPartAsync(HttpContext context)
    {
        FileUpload.LiftLimit(context, UploadService.MaxPartBytes, PartTooLarge);
        var form = await MultipartForm.OpenAsync(context, "data", isNamed: false);
        await using var content = new BoundedStream(form.File, UploadService.MaxPartBytes, PartTooLarge);
        var id = IdOf(context);
        try
        {
            var part = await uploads.AddPartAsync(id, content, form.ReadRestAsync, context.RequestAborted);
            await Reply.JsonAsync(context, new UploadPartObject(part.Id, part.CreatedAt.ToUnixTimeSeconds(), id.Value), WireJson.Plain.UploadPartObject);
        }
        catch (Exception error) when (MultipartForm.IsBroken(error))
        {
            throw MultipartForm.Broken(error);
        }
    }

    public async Task CompleteAsync(HttpContext context)
    {
        using var document = await JsonBody.ReadAsync(context, settings);
        var body = new RequestObject(document.RootElement, "");
        var given = body.RequiredValue("part_ids");
        if (given.ValueKind != JsonValueKind.Array)
            throw Refusal.WrongType("part_ids", "an array of strings", RequestObject.Kind(given));
        if (given.GetArrayLength() == 0)
            throw Refusal.EmptyArray("part_ids");
        string[] parts = [.. given.EnumerateArray().Select((part, index) => RequestObject.TextOf(part, $"part_ids[{index}]"))];
        var (upload, file) = await uploads.CompleteAsync(IdOf(context), parts, body.String("md5"), context.RequestAborted);
        await Reply.JsonAsync(context, UploadObject.Of(upload, clock.GetUtcNow(), file), WireJson.Plain.UploadObject);
    }

    public async Task CancelAsync(HttpContext context) => await SendAsync(context, await uploads.CancelAsync(IdOf(context), context.RequestAborted));

    private Task SendAsync(HttpContext context, UploadRecord upload) =>
        Reply.JsonAsync(context, UploadObject.Of(upload, clock.GetUtcNow()), WireJson.Plain.UploadObject);

    private static UploadId IdOf(HttpContext context) => new((string)context.Request.RouteValues["id"]!);

    private static InputError PartTooLarge() =>
        new($"The part is larger than {UploadService.MaxPartBytes} bytes, the most that one part may carry.", "data", "file_too_large");
}
