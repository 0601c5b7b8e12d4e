using Serverless.Faults.Running;
using Serverless.Faults.Worlds;
using Serverless.Service.Jobs;

namespace Serverless.Faults.Checks;

/// <summary>
/// What holds of a storage whose jobs have ended, whatever happened meanwhile: the weights are those of an undisturbed run, each log is in order
/// without gaps or doubles, journal and catalog agree, and no blob lies there that nothing names.
/// </summary>
internal static class Invariants
{
    /// <summary>Checks all of it.</summary>
    /// <param name="jobs">The jobs that have to have succeeded as if nothing had happened.</param>
    /// <param name="said">Tells of a message that no undisturbed job has whether the fault is to cause it.</param>
    /// <param name="clockJumped">Whether the times of events may go back.</param>
    /// <exception cref="FaultLostException">Something does not hold; all of it is named.</exception>
    public static async Task CheckAsync(
        World world, IReadOnlyCollection<(JobKind Kind, JobId Id)> jobs, CancellationToken ct, Func<string, bool>? said = null, bool clockJumped = false)
    {
        var findings = new List<string>();
        foreach (var (kind, id) in jobs)
        {
            var job = await world.UntilEndedAsync(id, ct);
            if (job.Status != JobStatus.Succeeded)
            {
                findings.Add($"{kind.Name}: {job.Status}, {job.Error?.Message}");
                continue;
            }
            var (expected, found) = (Undisturbed.Of(kind, world.Model), await Ending.OfAsync(world, job, ct));
            findings.AddRange(Differences(expected, found, said ?? (_ => false)).Concat(await LogCheck.FindAsync(world, id, clockJumped, ct)).Select(one => $"{kind.Name}: {one}"));
        }
        findings.AddRange(await CatalogCheck.FindAsync(world, ct));
        findings.AddRange(await BlobCheck.FindAsync(world, ct));
        if (findings.Count > 0)
            throw new FaultLostException(findings);
    }

    private static IEnumerable<string> Differences(Ending expected, Ending found, Func<string, bool> said)
    {
        foreach (var (path, hash) in expected.Weights)
            if (found.Weights.GetValueOrDefault(path) != hash)
                yield return $"{path}: other weights than an undisturbed run's";
        var messages = found.Messages.Where(message => !said(message)).ToList();
        if (!messages.SequenceEqual(expected.Messages))
            yield return $"other events than an undisturbed run's: {Difference(expected.Messages, messages)}";
        if (!found.Blobs.SequenceEqual(expected.Blobs))
            yield return $"other blobs than an undisturbed run's: {Difference([.. expected.Blobs], [.. found.Blobs])}";
    }

    /// <summary>Where two lists part.</summary>
    private static string Difference(IReadOnlyList<string> expected, List<string> found)
    {
        var at = expected.Zip(found).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"number {at + 1} of {found.Count} is '{found.ElementAtOrDefault(at)}' instead of '{expected.ElementAtOrDefault(at)}' of {expected.Count}";
    }
}
