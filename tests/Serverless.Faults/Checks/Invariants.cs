using Serverless.Faults.Running;
using Serverless.Faults.Worlds;
using Serverless.Service.Jobs;

namespace Serverless.Faults.Checks;

/// <summary>
/// What holds of a storage whose jobs have ended, whatever happened meanwhile: nothing is lost that was there, the weights are those of an undisturbed run, each
/// log is in order without gaps or doubles, journal and catalog agree, and no blob lies there that nothing names.
/// </summary>
internal static class Invariants
{
    private const int Most = 1000;

    /// <summary>Checks all of it.</summary>
    /// <param name="jobs">The jobs that have to have succeeded as if nothing had happened.</param>
    /// <param name="said">Tells of a message that no undisturbed job has whether the fault is to cause it.</param>
    /// <param name="clockJumped">Whether the times of events may go back.</param>
    /// <param name="ended">A job that the fault has ended, and how; up to there it has to have gone as if nothing had happened.</param>
    /// <exception cref="FaultLostException">Something does not hold; all of it is named.</exception>
    public static async Task CheckAsync(
        World world, IReadOnlyCollection<(JobKind Kind, JobId Id)> jobs, CancellationToken ct, Func<string, bool>? said = null, bool clockJumped = false,
        (JobKind Kind, JobId Id, JobStatus Status)? ended = null)
    {
        said ??= _ => false;
        var findings = new List<string>();
        foreach (var (kind, id) in jobs)
        {
            var job = await world.UntilEndedAsync(id, ct);
            findings.AddRange(job.Status == JobStatus.Succeeded
                ? EndingCheck.Differences(Undisturbed.Of(kind, world.Model), await Ending.OfAsync(world, job, ct), said).Select(one => $"{kind.Name}: {one}")
                : [$"{kind.Name}: {job.Status}, {job.Error?.Message}"]);
        }
        if (ended is var (endedKind, endedId, status))
        {
            var job = await world.UntilEndedAsync(endedId, ct);
            findings.AddRange(job.Status == status
                ? EndingCheck.DifferencesUntilItEnded(Undisturbed.Of(endedKind, world.Model), await Ending.OfAsync(world, job, ct), said).Select(one => $"{endedKind.Name}: {one}")
                : [$"{endedKind.Name}: {job.Status} instead of {status}, {job.Error?.Message}"]);
        }
        findings.AddRange(await FindAsync(world, clockJumped, ct));
        if (findings.Count > 0)
            throw new FaultLostException(findings);
    }

    /// <returns>What does not hold of a storage, whatever its jobs were to come to.</returns>
    public static async Task<IReadOnlyList<string>> FindAsync(World world, bool clockJumped, CancellationToken ct)
    {
        var findings = new List<string>(await world.Ledger.FindAsync(world, ct));
        foreach (var job in (await world.Jobs.ListAsync(null, Most, null, ct)).Items)
            findings.AddRange((await LogCheck.FindAsync(world, job, clockJumped, ct)).Select(one => $"{job.Id}: {one}"));
        findings.AddRange(await CatalogCheck.FindAsync(world, ct));
        findings.AddRange(await EvalCheck.FindAsync(world, ct));
        findings.AddRange(await BlobCheck.FindAsync(world, ct));
        await CleanUp.RunAsync(world, ct);
        findings.AddRange(await BlobCheck.FindBlocksAsync(world, ct));
        return findings;
    }
}
