using System.Text.Json;
using Serverless.Learning;
using Serverless.Service.Models.Adding;

namespace Serverless.Service.Models.Hub;

/// <summary>Reads what the hub says of a model, which is checked like anybody's words.</summary>
internal static class HubDescription
{
    // Repositories with data beside their weights have some thousands of files; the sum of all sizes stays within 64 bits.
    private const int MaxFiles = 100_000, MaxPath = 1000, CommitLength = 40;
    private const long MaxFileBytes = 10_000_000_000_000;

    /// <summary>The model.</summary>
    /// <param name="id">How errors call it.</param>
    /// <param name="json">The answer to <c>/api/models/{id}/revision/{revision}?blobs=true</c>.</param>
    /// <exception cref="InputError">It is not that; the field is named.</exception>
    public static HubModel Read(string id, ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var commit = Text(id, root, "sha");
            if (commit.Length != CommitLength || !commit.All(char.IsAsciiHexDigitLower))
                throw HubClient.Unreadable(id, $"its commit is '{AddedName.Shown(commit)}'");
            var siblings = root.GetProperty("siblings");
            if (siblings.GetArrayLength() is var count and > MaxFiles)
                throw HubClient.Unreadable(id, $"the hub names {count} files of it; allowed: at most {MaxFiles}");
            return new HubModel(id, commit, [.. siblings.EnumerateArray().Select(sibling => FileOf(id, sibling))]);
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw HubClient.Unreadable(id, fault.Message);
        }
    }

    private static HubFile FileOf(string id, JsonElement sibling)
    {
        var large = sibling.TryGetProperty("lfs", out var lfs) && lfs.ValueKind == JsonValueKind.Object ? lfs : (JsonElement?)null;
        var path = Text(id, sibling, "rfilename");
        if (path.Length is 0 or > MaxPath)
            throw HubClient.Unreadable(id, $"a file's name has {path.Length} characters; allowed: 1 to {MaxPath}");
        var size = (large ?? sibling).GetProperty("size");
        if (size.ValueKind != JsonValueKind.Number || !size.TryGetInt64(out var bytes) || bytes is < 0 or > MaxFileBytes)
            throw HubClient.Unreadable(id, $"the size of {AddedName.Shown(path)} is no whole number from 0 to {MaxFileBytes}");
        return new HubFile(path, bytes, large?.GetProperty("sha256").GetString(), large is null ? sibling.GetProperty("blobId").GetString() : null);
    }

    private static string Text(string id, JsonElement parent, string field) =>
        parent.GetProperty(field) is { ValueKind: JsonValueKind.String } text
            ? text.GetString()!
            : throw HubClient.Unreadable(id, $"the hub's description of it has a field {field} that is no text");
}
