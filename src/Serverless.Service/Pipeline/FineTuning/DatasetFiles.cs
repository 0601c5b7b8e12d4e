using Serverless.Learning.Data;
using Serverless.Service.Files;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Files as data sets: with the format of their lines, also before intake has come to them.</summary>
public sealed class DatasetFiles(FileCatalog catalog, FileStore store)
{
    /// <summary>The record of a file, its report naming a format if any line does; null if there is no such file.</summary>
    public async Task<FileRecord?> FindAsync(FileId id, CancellationToken ct)
    {
        var file = await catalog.FindAsync(id, ct);
        if (file is null or { Report.Format: not null })
            return file;
        await using var content = await store.OpenAsync(file, 0, ct);
        return content is not null && await FormatFinding.ReadAsync(content, file.Name, ct) is { } found
            ? file with { Report = (file.Report ?? DatasetScan.Start) with { Format = found } }
            : file;
    }
}
