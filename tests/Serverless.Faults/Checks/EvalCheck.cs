using System.Globalization;
using Serverless.Faults.Worlds;
using Serverless.Service.Evals;

namespace Serverless.Faults.Checks;

/// <summary>Every run of an evaluation has ended as it was to, with the items that it counts and no others.</summary>
internal static class EvalCheck
{
    private const int Most = 1000;

    /// <returns>What does not hold.</returns>
    public static async Task<IReadOnlyList<string>> FindAsync(World world, CancellationToken ct)
    {
        var findings = new List<string>();
        foreach (var run in (await world.EvalRuns.ListAsync(null, Most, null, ct)).Items)
        {
            if (await world.Evals.FindAsync(run.EvalId, ct) is null)
                findings.Add($"{run.Id} is a run of {run.EvalId}, which does not exist");
            if (run.Status != EvalRunStatus.Completed && !(run.Status == EvalRunStatus.Canceled && world.Ledger.MayBeCancelled(run.Id)))
                findings.Add($"{run.Id}: {run.Status}, {run.Error?.Message}");
            await CheckItemsAsync(world, run, findings, ct);
        }
        return findings;
    }

    private static async Task CheckItemsAsync(World world, EvalRunRecord run, List<string> findings, CancellationToken ct)
    {
        var items = new List<EvalItemRecord>();
        await foreach (var item in new EvalItemStore(world.Account).ReadAsync(run, 0, ct))
            items.Add(item);
        if (!items.Select(item => item.Index).SequenceEqual(Enumerable.Range(0, run.Done)))
            findings.Add(string.Create(CultureInfo.InvariantCulture, $"{run.Id} counts {run.Done} items and has {string.Join(", ", items.Select(item => item.Index))}"));
        var counted = (run.Passed, run.Failed, run.Errored);
        var found = (Count(items, EvalItemStatus.Pass), Count(items, EvalItemStatus.Fail), Count(items, EvalItemStatus.Error));
        if (counted != found)
            findings.Add($"{run.Id} counts {counted} items that passed, failed and could not be graded, and has {found}");
        foreach (var criterion in run.Criteria)
        {
            var results = items.SelectMany(item => item.Results).Where(result => result.Name == criterion.Name).ToList();
            if ((criterion.Passed, criterion.Failed) != (results.Count(result => result.Passed), results.Count(result => !result.Passed)))
                findings.Add($"{run.Id} counts other results of {criterion.Name} than it has");
        }
        var blocks = new List<string>();
        await foreach (var blob in world.Account.Jobs.GetBlobsAsync(new() { Prefix = $"{run.Id}/" }, ct))
            blocks.Add(blob.Name);
        var most = (run.Done + EvalItemStore.BlockItems - 1) / EvalItemStore.BlockItems;
        findings.AddRange(blocks.Order(StringComparer.Ordinal).Skip(most).Select(name => $"jobs/{name} is counted by no run"));
    }

    private static int Count(IEnumerable<EvalItemRecord> items, EvalItemStatus status) => items.Count(item => item.Status == status);
}
