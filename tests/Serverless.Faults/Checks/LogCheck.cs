using System.Globalization;
using System.Text.RegularExpressions;
using Serverless.Faults.Worlds;
using Serverless.Service.Jobs;

namespace Serverless.Faults.Checks;

/// <summary>
/// A job's events and metrics: each number once, in order, in the segments that the head counts and in no others; a checkpoint is told of once, and the end
/// once and last.
/// </summary>
internal static partial class LogCheck
{
    /// <returns>What does not hold.</returns>
    /// <param name="job">One that has ended.</param>
    public static async Task<IReadOnlyList<string>> FindAsync(World world, JobRecord job, bool clockJumped, CancellationToken ct)
    {
        var id = job.Id;
        if (await world.Log.ReadHeadAsync(id, ct) is not { } head)
            return ["it has no log"];
        var findings = new List<string>();
        await CheckSegmentsAsync(world, id, "events", 0, head.Events, findings, ct);
        await CheckSegmentsAsync(world, id, "metrics", 1, head.Step + 1L, findings, ct);
        // What has gaps cannot be read.
        if (findings.Count > 0)
            return findings;
        var steps = (await world.Log.ListMetricsAsync(id, 0, ct)).Select(metric => metric.Step).ToList();
        if (!steps.SequenceEqual(Enumerable.Range(1, head.Step)))
            findings.Add($"the metrics are not those of the steps 1 to {head.Step}: {string.Join(' ', steps)}");
        var events = await Ending.EventsAsync(world, id, ct);
        var times = events.Select(one => one.CreatedAt).ToList();
        if (!clockJumped && times.Zip(times.Skip(1)).Any(pair => pair.First > pair.Second))
            findings.Add("an event is older than the one before it");
        var messages = events.Select(one => one.Message).ToList();
        findings.AddRange(CheckpointFindings(head, messages));
        CheckEnd(job.Status, messages, findings);
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

    /// <summary>The steps rise, but for those after a checkpoint that could not be read; and what the head names has been told.</summary>
    internal static IReadOnlyList<string> CheckpointFindings(JobHead head, IReadOnlyList<string> messages)
    {
        var findings = new List<string>();
        var (told, last) = (new HashSet<int>(), 0);
        foreach (var message in messages)
        {
            if (GoesBack().Match(message) is { Success: true } back)
                last = Step(back);
            if (Checkpoint().Match(message) is not { Success: true } made)
                continue;
            var step = Step(made);
            if (step <= last)
                findings.Add($"the checkpoint of step {step} was made after that of step {last}");
            told.Add(last = step);
        }
        findings.AddRange(head.Checkpoints.Where(checkpoint => !told.Contains(checkpoint.Step)).Select(checkpoint => $"no event tells of the checkpoint of step {checkpoint.Step}"));
        if (last != head.Step)
            findings.Add($"the last event of a checkpoint tells of step {last}, and the newest is that of step {head.Step}");
        return findings;

        static int Step(Match match) => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
    }

    private static void CheckEnd(JobStatus status, List<string> messages, List<string> findings)
    {
        string? end = status switch
        {
            JobStatus.Succeeded => "The job has successfully completed",
            JobStatus.Failed => "The job failed: ",
            JobStatus.Cancelled => "Fine-tuning job cancelled",
            _ => null,
        };
        var ends = messages.Where(message => End().IsMatch(message)).ToList();
        if (end is null || ends.Count != 1 || messages[^1] != ends[0] || !ends[0].StartsWith(end, StringComparison.Ordinal))
            findings.Add($"it is {status}, and its events end with '{(messages.Count > 0 ? messages[^1] : "")}' and tell of {ends.Count} ends");
    }

    [GeneratedRegex(@"^Checkpoint created at step (\d+)$")]
    private static partial Regex Checkpoint();

    [GeneratedRegex(@"is damaged.*The job goes on from step (\d+) instead of step \d+$", RegexOptions.Singleline)]
    private static partial Regex GoesBack();

    [GeneratedRegex("^(The job has successfully completed$|The job failed: |Fine-tuning job cancelled$)")]
    private static partial Regex End();
}
