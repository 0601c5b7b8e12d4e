using System.Text.Json;
using Serverless.Learning;
using Serverless.Learning.Data;
using Serverless.Service.Files;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Service.Evals;

/// <summary>The items of a run, from its file or from its request.</summary>
public sealed class EvalItems(DatasetFiles files, FileStore store)
{
    private const string Allowed = "{\"item\": {…}}";

    /// <summary>The keys by which the lines of data sets are known that hold conversations.</summary>
    private static readonly string[] DatasetKeys = ["messages", "prompt", "input"];

    /// <summary>The entries in their order: objects with <c>item</c> and, where given, <c>sample</c>; or the lines of a data set, each an item.</summary>
    /// <exception cref="InputError">The file is gone, or a line has no item. Thrown when the reading comes to it.</exception>
    public async IAsyncEnumerable<EvalEntry> ReadAsync(EvalDataSource source, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        if (source.File is not { } id)
        {
            var content = source.Json.GetProperty("source").GetProperty("content");
            for (var at = 0; at < content.GetArrayLength(); at++)
                yield return Parts(content[at], $"data_source.source.content[{at}]");
            yield break;
        }
        var file = await files.FindAsync(id, ct);
        await using var stream = file is null ? null : await store.OpenAsync(id, 0, ct);
        if (stream is null)
            throw new InputError($"data_source.source.id: the file {id} was deleted", "data_source.source.id");
        foreach (var (line, entry) in ItemReader.Read(stream, file!.Name))
            yield return file.Report?.Format is { } found && IsOfDataset(entry)
                ? new EvalEntry(entry) { Place = (line, file.Name, found.Format) }
                : Parts(entry, $"{file.Name} line {line}");
    }

    /// <summary>Whether a file is a data set whose lines hold conversations, as its first line says.</summary>
    public async Task<bool> IsDatasetAsync(FileId id, CancellationToken ct)
    {
        await foreach (var entry in ReadAsync(new EvalDataSource { Json = default, File = id }, ct))
            return entry.Place is not null;
        return false;
    }

    /// <summary>The parts of one entry.</summary>
    /// <exception cref="InputError">It has no item, or its sample is no object.</exception>
    public static EvalEntry Parts(JsonElement entry, string place)
    {
        if (entry.ValueKind != JsonValueKind.Object || !entry.TryGetProperty("item", out var item) || item.ValueKind != JsonValueKind.Object)
            throw new InputError($"{place}: found no object \"item\"; allowed: {Allowed}");
        if (!entry.TryGetProperty("sample", out var sample) || sample.ValueKind == JsonValueKind.Null)
            return new EvalEntry(item);
        return sample.ValueKind == JsonValueKind.Object
            ? new EvalEntry(item, sample)
            : throw new InputError($"{place}: found a \"sample\" that is no object; allowed: {{\"output_text\": \"…\"}}");
    }

    private static bool IsOfDataset(JsonElement line) =>
        !(line.TryGetProperty("item", out var item) && item.ValueKind == JsonValueKind.Object) && DatasetKeys.Any(key => line.TryGetProperty(key, out _));
}
