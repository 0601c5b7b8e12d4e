using System.Text.Json;
using Serverless.Learning;
using Serverless.Learning.Data;
using Serverless.Service.Files;

namespace Serverless.Service.Evals;

/// <summary>The items of a run, from its file or from its request.</summary>
public sealed class EvalItems(FileCatalog catalog, FileStore store)
{
    /// <summary>The objects with <c>item</c> and, where given, <c>sample</c>, in their order.</summary>
    /// <exception cref="InputError">The file is gone, or a line has no item. Thrown when the reading comes to it.</exception>
    public async IAsyncEnumerable<(JsonElement Item, JsonElement? Sample)> ReadAsync(
        EvalDataSource source, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        if (source.File is not { } id)
        {
            var content = source.Json.GetProperty("source").GetProperty("content");
            for (var at = 0; at < content.GetArrayLength(); at++)
                yield return Parts(content[at], $"data_source.source.content[{at}]");
            yield break;
        }
        var file = await catalog.FindAsync(id, ct);
        await using var stream = file is null ? null : await store.OpenAsync(id, 0, ct);
        if (stream is null)
            throw new InputError($"data_source.source.id: the file {id} was deleted", "data_source.source.id");
        foreach (var (line, entry) in ItemReader.Read(stream, file!.Name))
            yield return Parts(entry, $"{file.Name} line {line}");
    }

    /// <summary>The parts of one entry.</summary>
    /// <exception cref="InputError">It has no item, or its sample is no object.</exception>
    public static (JsonElement Item, JsonElement? Sample) Parts(JsonElement entry, string place)
    {
        if (entry.ValueKind != JsonValueKind.Object || !entry.TryGetProperty("item", out var item) || item.ValueKind != JsonValueKind.Object)
            throw new InputError($"{place}: found no object \"item\"; allowed: {{\"item\": {{…}}}}");
        if (!entry.TryGetProperty("sample", out var sample) || sample.ValueKind == JsonValueKind.Null)
            return (item, null);
        return sample.ValueKind == JsonValueKind.Object ? (item, sample) : throw new InputError($"{place}: found a \"sample\" that is no object; allowed: {{\"output_text\": \"…\"}}");
    }
}
