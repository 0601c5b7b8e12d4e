using System.Globalization;
using Serverless.Faults.Worlds;
using Serverless.Service.Jobs;

namespace Serverless.Faults.Checks;

/// <summary>A job's events and metrics: each number once, in order, in the segments that the head counts and in no others.</summary>
internal static class LogCheck
{
    /// <returns>What does not hold.</returns>
    public static async Task<IReadOnlyList<string>> FindAsync(World world, JobId id, bool clockJumped, CancellationToken ct)
    {
        var findings = new List<string>();
        var head = (await world.Log.ReadHeadAsync(id, ct))!;
        await CheckSegmentsAsync(world, id, "events", 0, head.Events, findings, ct);
        await CheckSegmentsAsync(world, id, "metrics", 1, head.Step + 1L, findings, ct);
        var steps = (await world.Log.ListMetricsAsync(id, 0, ct)).Select(metric => metric.Step).ToList();
        if (!steps.SequenceEqual(Enumerable.Range(1, head.Step)))
            findings.Add($"the metrics are not those of the steps 1 to {head.Step}: {string.Join(' ', steps)}");
        var times = (await Ending.EventsAsync(world, id, ct)).Select(one => one.CreatedAt).ToList();
        if (!clockJumped && times.Zip(times.Skip(1)).Any(pair => pair.First > pair.Second))
            findings.Add("an event is older than the one before it");
        return findings;
    }

    /// <summary>Each segment has to begin where the one before it ends.</summary>
    private static async Task CheckSegmentsAsync(World world, JobId id, string kind, long first, long end, List<string> findings, CancellationToken ct)
    {
        var next = first;
        await foreach (var blob in world.Account.Jobs.GetBlobsAsync(new() { Prefix = $"{id}/{kind}/" }, ct))
        {
            var begin = long.Parse(Path.GetFileNameWithoutExtension(blob.Name), CultureInfo.InvariantCulture);
            if (begin != next)
                findings.Add($"{blob.Name} begins at {begin} instead of {next}");
            var content = (await world.Account.Jobs.GetBlobClient(blob.Name).DownloadContentAsync(ct)).Value.Content.ToMemory();
            next = begin + content.Span.Count((byte)'\n');
        }
        if (next != end)
            findings.Add($"{kind} end at {next} instead of {end}");
    }
}
