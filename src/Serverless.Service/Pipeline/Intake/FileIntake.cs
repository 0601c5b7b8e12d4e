using Azure;
using Serverless.Service.Files;

namespace Serverless.Service.Pipeline.Intake;

/// <summary>The one way in for files, posted or dropped.</summary>
public sealed class FileIntake(FileStore store, IWorkflowStarter workflows)
{
    /// <summary>Takes a version of a dropped blob, once however often it is called, and starts its intake.</summary>
    /// <returns>The file, or null if that version is gone or its file was removed.</returns>
    public async Task<FileRecord?> TakeDropAsync(string path, ETag etag, CancellationToken ct)
    {
        var file = await store.TakeDropAsync(path, etag, ct);
        if (file is not null)
            await StartAsync(file, ct);
        return file;
    }

    /// <summary>Takes the version of a dropped blob that is there now, as above.</summary>
    public async Task<FileRecord?> TakeDropAsync(string path, CancellationToken ct) =>
        await store.FindDropAsync(path, ct) is { } etag ? await TakeDropAsync(path, etag, ct) : null;

    /// <summary>Starts the intake of a file that is stored; harmless if it runs or is done.</summary>
    public Task StartAsync(FileRecord file, CancellationToken ct) => file.Status == FileStatus.Uploaded
        ? workflows.StartAsync(IntakeWorkflow.Name, file.Id.Value, file.Id, ct)
        : Task.CompletedTask;
}
