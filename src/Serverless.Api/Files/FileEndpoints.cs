using Microsoft.AspNetCore.Http;
using Serverless.Api.Access;
using Serverless.Api.Requests;
using Serverless.Api.Wire;
using Serverless.Learning;
using Serverless.Service.Catalog;
using Serverless.Service.Files;
using Serverless.Service.Pipeline.Intake;

namespace Serverless.Api.Files;

/// <summary>Files: upload, list, retrieve, delete, content.</summary>
internal sealed class FileEndpoints(FileStore files, FileCatalog catalog, FileIntake intake, ApiSettings settings, StreamPlaces places)
{
    private const int MaxPage = 10_000;

    public async Task ListAsync(HttpContext context)
    {
        var query = PageQuery.Read(context.Request, defaultLimit: MaxPage, MaxPage);
        var after = query.AfterId(text => new FileId(text), id => id.IsWellFormed);
        var purpose = PageQuery.Single(context.Request, "purpose");
        Func<FileRecord, bool>? filter = purpose is null ? null : file => file.Purpose == purpose;
        var page = PageQuery.OrderOf(context.Request) == ListOrder.Ascending
            ? await OldestFirstAsync(after, query.Limit, filter, context.RequestAborted)
            : await catalog.ListAsync(after, query.Limit, filter, context.RequestAborted);

        FileObject[] found = [.. page.Items.Select(FileObject.Of)];
        await Reply.JsonAsync(context, new MarkedListObject<FileObject>(found, found.FirstOrDefault()?.Id, found.LastOrDefault()?.Id, page.HasMore),
            WireJson.Plain.MarkedListObjectFileObject);
    }

    public async Task UploadAsync(HttpContext context)
    {
        var upload = await FileUpload.OpenAsync(context, settings.MaxFileBytes);
        var file = await upload.StoreAsync(files, context.RequestAborted);

        // From here on the file exists, so its intake begins even if the client does not wait for the answer.
        await intake.StartAsync(file, CancellationToken.None);
        await Reply.JsonAsync(context, FileObject.Of(file), WireJson.Plain.FileObject);
    }

    public async Task RetrieveAsync(HttpContext context) =>
        await Reply.JsonAsync(context, FileObject.Of(await FindAsync(context)), WireJson.Plain.FileObject);

    public async Task DeleteAsync(HttpContext context)
    {
        var file = await FindAsync(context);
        await files.DeleteAsync(file.Id, context.RequestAborted);
        await Reply.JsonAsync(context, new DeletedObject(file.Id.Value, "file"), WireJson.Plain.DeletedObject);
    }

    public async Task ContentAsync(HttpContext context)
    {
        var file = await FindAsync(context);
        using var place = places.Enter(context);
        await using var content = await files.OpenAsync(file.Id, 0, context.RequestAborted) ?? throw NotFound(file.Id.Value);
        await Reply.DownloadAsync(context, content, file.Bytes, file.Name);
    }

    /// <summary>Catalogs list newest first, so the other order reads all of it.</summary>
    private async Task<Page<FileRecord>> OldestFirstAsync(FileId? after, int limit, Func<FileRecord, bool>? filter, CancellationToken cancellationToken)
    {
        var all = new List<FileRecord>();
        for (FileId? last = null; ;)
        {
            var page = await catalog.ListAsync(last, MaxPage, filter, cancellationToken);
            all.AddRange(page.Items);
            if (!page.HasMore)
                break;
            last = page.Items[^1].Id;
        }

        all.Reverse();
        // Ids sort newest first, so "after" in this order is everything with a smaller id.
        var rest = after is { } newest ? all.FindAll(file => string.CompareOrdinal(file.Id.Value, newest.Value) < 0) : all;
        return new Page<FileRecord>([.. rest.Take(limit)], rest.Count > limit);
    }

    private async Task<FileRecord> FindAsync(HttpContext context)
    {
        var id = new FileId((string)context.Request.RouteValues["id"]!);
        return (id.IsWellFormed ? await catalog.FindAsync(id, context.RequestAborted) : null) ?? throw NotFound(id.Value);
    }

    private static InputError NotFound(string id) => new($"No such File object: {id}", "id", "not_found");
}
