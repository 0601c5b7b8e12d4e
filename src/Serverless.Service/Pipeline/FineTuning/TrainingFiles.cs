using Serverless.Learning.Data;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline.FineTuning.Teaching;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Reads whole data sets into memory, as training and evaluation need them.</summary>
public sealed class TrainingFiles(DatasetFiles files, FileStore store)
{
    /// <summary>What a job learns from: its training file, or the answers of its teacher.</summary>
    /// <exception cref="Learning.InputError">The file is gone or has faults.</exception>
    public Task<IReadOnlyList<DatasetExample>> ReadLearnedAsync(JobRecord job, CancellationToken ct) => job.Method.Type == MethodType.Distillation
        ? ReadAsync(TaughtFiles.IdOf(job), _ => DatasetFormat.Chat, TaughtFiles.FileName, int.MaxValue, ct)
        : ReadAsync(job, job.TrainingFile, "training_file", ct);

    /// <summary>The examples of a file in the format that the job's method takes, in the order of the file.</summary>
    /// <param name="most">Reads no further than this many.</param>
    /// <exception cref="Learning.InputError">The file is gone or has faults.</exception>
    public Task<IReadOnlyList<DatasetExample>> ReadAsync(JobRecord job, FileId id, string parameter, CancellationToken ct, int most = int.MaxValue) =>
        ReadAsync(id, file => MethodFormats.Of(job.Method.Type, file), parameter, most, ct);

    /// <summary>The documents of a job's general text; none without any.</summary>
    /// <exception cref="Learning.InputError">The file is gone or has faults.</exception>
    public async Task<IReadOnlyList<TextExample>> ReadReplayAsync(JobRecord job, CancellationToken ct) => job.Method.Replay is { } replay
        ? [.. (await ReadAsync(job.AsReader(), replay.File, ReplayRequest.FileParameter, ct)).Cast<TextExample>()]
        : [];

    private async Task<IReadOnlyList<DatasetExample>> ReadAsync(
        FileId id, Func<FileRecord, DatasetFormat> format, string parameter, int most, CancellationToken ct)
    {
        var file = await files.FindAsync(id, ct);
        await using var stream = file is null ? null : await store.OpenAsync(file, 0, ct);
        if (stream is null)
            throw FileRefusal.Deleted(id, parameter);
        return [.. DatasetReader.Read(stream, file!.Name, format(file)).Take(most)];
    }
}
