using Serverless.Learning.Data;
using Serverless.Learning.Text;
using Serverless.Service.Files;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Reads whole data sets into memory, as training and evaluation need them.</summary>
public sealed class TrainingFiles(FileCatalog catalog, FileStore store)
{
    /// <param name="most">Reads no further than this many.</param>
    /// <exception cref="Learning.InputError">The file is gone or has faults.</exception>
    public async Task<IReadOnlyList<ChatExample>> ExamplesAsync(
        FileId id, string parameter, CancellationToken ct, int most = int.MaxValue)
    {
        var file = await catalog.FindAsync(id, ct);
        await using var stream = file is null ? null : await store.OpenAsync(id, 0, ct);
        if (stream is null)
            throw new Learning.InputError($"{parameter}: the file {id} was deleted", parameter, $"invalid_{parameter}");
        return [.. ChatDatasetReader.Read(stream, file!.Name).Take(most)];
    }

    /// <summary>The sequences that are trained on: those with at least one target, in the order of the file.</summary>
    public async Task<IReadOnlyList<TrainingSequence>> SequencesAsync(
        FileId id, string parameter, ChatEncoder encoder, CancellationToken ct, int most = int.MaxValue) =>
        [.. (await ExamplesAsync(id, parameter, ct, most)).SelectMany(encoder.EncodeExample).Where(sequence => sequence.SupervisedCount > 0)];
}
