using System.Text.RegularExpressions;
using Serverless.Service.Jobs;

namespace Serverless.Faults.Worlds;

/// <summary>What a job has come to, told so that two jobs of one kind are equal.</summary>
/// <param name="Weights">The SHA-256 of every safetensors file that was published, by path.</param>
/// <param name="Steps">The step of its newest checkpoint.</param>
/// <param name="Messages">Its events in their order, without those about checkpoints, ids replaced.</param>
/// <param name="Blobs">What lies in the storage for it, besides checkpoints and segments of the log.</param>
internal sealed partial record Ending(IReadOnlyDictionary<string, string> Weights, int Steps, IReadOnlyList<string> Messages, IReadOnlyCollection<string> Blobs)
{
    private const string Checkpoint = "Checkpoint created at step ";
    private const int Page = 1000;

    // What every job has as many of as its commits were.
    private static readonly string[] PerCommit = ["checkpoints/", "events/", "metrics/", "live.json"];

    /// <summary>Reads what became of a job.</summary>
    public static async Task<Ending> OfAsync(World world, JobRecord job, CancellationToken ct)
    {
        var model = job.FineTunedModel is { } name ? await world.Models.FindAsync(name, ct) : null;
        var weights = (model?.Parts ?? []).Where(part => part.Path.EndsWith(".safetensors", StringComparison.Ordinal)).ToDictionary(part => part.Path, part => part.Sha256);
        var events = await EventsAsync(world, job.Id, ct);
        var blobs = new SortedSet<string>(StringComparer.Ordinal);
        var prefix = job.Id.Value + "/";
        await foreach (var blob in world.Account.Jobs.GetBlobsAsync(new() { Prefix = prefix }, ct))
            if (!PerCommit.Any(kind => blob.Name.AsSpan(prefix.Length).StartsWith(kind, StringComparison.Ordinal)))
                blobs.Add(blob.Name[prefix.Length..]);
        var steps = (await world.Log.ReadHeadAsync(job.Id, ct))?.Step ?? 0;
        return new Ending(weights, steps, [.. events.Select(one => one.Message).Where(message => !message.StartsWith(Checkpoint, StringComparison.Ordinal)).Select(Anonymous)], blobs);
    }

    /// <summary>All events of a job, oldest first.</summary>
    public static async Task<IReadOnlyList<JobEvent>> EventsAsync(World world, JobId id, CancellationToken ct)
    {
        var events = new List<NumberedEvent>();
        for (JobEventId? after = null; ;)
        {
            var page = await world.Log.ListEventsAsync(id, after, Page, ct);
            events.AddRange(page.Items);
            if (!page.HasMore)
                break;
            after = page.Items[^1].Id;
        }
        events.Reverse();
        return [.. events.Select(one => one.Event)];
    }

    private static string Anonymous(string message) => Ids().Replace(message, "$1…");

    [GeneratedRegex(@"\b(ftjob-|file-|ft:)[^\s,;)]+")]
    private static partial Regex Ids();
}
