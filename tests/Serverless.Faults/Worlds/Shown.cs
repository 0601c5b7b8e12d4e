using System.Text.Json.Nodes;
using Serverless.Tests.Heads;

namespace Serverless.Faults.Worlds;

/// <summary>What a head's lists show and what lies in its storage, told so that two heads on the same things are equal.</summary>
/// <param name="Lists">The entries of each list, times left out.</param>
/// <param name="Blobs">Name and length of every blob of models and files.</param>
internal sealed record Shown(IReadOnlyDictionary<string, IReadOnlyList<string>> Lists, IReadOnlyList<string> Blobs)
{
    private static readonly string[] s_lists = ["/v1/models", "/v1/files", "/v1/fine_tuning/jobs", "/v1/evals"];

    /// <summary>Reads it, the lists as any client does.</summary>
    public static async Task<Shown> OfAsync(World world, HeadProcess head, CancellationToken ct)
    {
        var lists = new Dictionary<string, IReadOnlyList<string>>();
        foreach (var list in s_lists)
            lists[list] = [.. JsonNode.Parse(await head.Http.GetStringAsync(list, ct))!["data"]!.AsArray().Select(entry => Timeless(entry!.AsObject()))];
        var blobs = new List<string>();
        foreach (var container in new[] { world.Account.Models, world.Account.Files })
            await foreach (var blob in container.GetBlobsAsync(cancellationToken: ct))
                blobs.Add($"{blob.Name}, {blob.Properties.ContentLength} bytes");
        return new Shown(lists, [.. blobs.Order(StringComparer.Ordinal)]);
    }

    /// <summary>In words, what this has and the expected has not, and the other way round.</summary>
    public IEnumerable<string> Differences(Shown expected) =>
        Lists.SelectMany(list => Differences(list.Key, expected.Lists[list.Key], list.Value)).Concat(Differences("the storage", expected.Blobs, Blobs));

    private static IEnumerable<string> Differences(string place, IReadOnlyList<string> expected, IReadOnlyList<string> found)
    {
        foreach (var one in found.Except(expected))
            yield return $"{place} has {one}, which an undisturbed start does not show";
        foreach (var one in expected.Except(found))
            yield return $"{place} lacks {one}, which an undisturbed start shows";
        if (found.Distinct().Count() != found.Count)
            yield return $"{place} has an entry twice";
    }

    private static string Timeless(JsonObject entry)
    {
        entry.Remove("created");
        entry.Remove("created_at");
        return entry.ToJsonString();
    }
}
