using Serverless.Learning.Data;
using Serverless.Service.Files;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Reads whole data sets into memory, as training and evaluation need them.</summary>
public sealed class TrainingFiles(FileCatalog catalog, FileStore store)
{
    /// <summary>The examples of a file in the format that the job's method takes, in the order of the file.</summary>
    /// <param name="most">Reads no further than this many.</param>
    /// <exception cref="Learning.InputError">The file is gone or has faults.</exception>
    public async Task<IReadOnlyList<DatasetExample>> ReadAsync(
        JobRecord job, FileId id, string parameter, CancellationToken ct, int most = int.MaxValue)
    {
        var file = await catalog.FindAsync(id, ct);
        await using var stream = file is null ? null : await store.OpenAsync(id, 0, ct);
        if (stream is null)
            throw new Learning.InputError($"{parameter}: the file {id} was deleted", parameter, $"invalid_{parameter}");
        return [.. DatasetReader.Read(stream, file!.Name, MethodFormats.Of(job.Method.Type, file)).Take(most)];
    }
}
