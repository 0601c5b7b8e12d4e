using Serverless.Faults.Worlds;
using Serverless.Local.Journal;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Faults.Checks;

/// <summary>Journal and catalog agree, and whatever records name has a record.</summary>
internal static class CatalogCheck
{
    private const int Most = 1000;

    /// <returns>What does not hold of a storage whose jobs have ended.</returns>
    public static async Task<IReadOnlyList<string>> FindAsync(World world, CancellationToken ct)
    {
        var findings = new List<string>();
        var jobs = (await world.Jobs.ListAsync(null, Most, null, ct)).Items;
        var files = (await world.Files.ListAsync(null, Most, null, ct)).Items;
        var models = await world.Models.ListAsync(model => model.Kind == ModelKind.Published, ct);
        foreach (var job in jobs)
        {
            if (!job.Status.IsFinal())
                findings.Add($"{job.Id} is {job.Status}");
            if (job.FineTunedModel is { } name && models.All(model => model.Id != name) && !world.Ledger.MayLack(name.Value))
                findings.Add($"{job.Id} names {name}, which does not exist");
            findings.AddRange(FilesOf(job).Where(id => files.All(file => file.Id != id) && !world.Ledger.MayLack(id.Value)).Select(id => $"{job.Id} names {id}, which does not exist"));
        }
        findings.AddRange(files.Where(file => file.Status is not (FileStatus.Processed or FileStatus.Error)).Select(file => $"{file.Id} is {file.Status}"));
        findings.AddRange(models.Where(model => jobs.All(job => job.FineTunedModel != model.Id && !model.Id.Value.Contains(":ckpt-step-", StringComparison.Ordinal)))
            .Select(model => $"{model.Id} is no job's model"));
        var runs = (await world.EvalRuns.ListAsync(null, Most, null, ct)).Items;
        await CheckJournalAsync(world, [.. jobs.Select(job => job.Id.Value), .. files.Select(file => file.Id.Value), .. runs.Select(run => run.Id.Value)], findings, ct);
        return findings;
    }

    private static IEnumerable<FileId> FilesOf(JobRecord job) =>
        [job.TrainingFile, .. job.ValidationFile is { } validation ? new[] { validation } : [], .. job.ResultFiles];

    /// <param name="known">The ids of all jobs, files and runs of evaluations.</param>
    private static async Task CheckJournalAsync(World world, IReadOnlyList<string> known, List<string> findings, CancellationToken ct)
    {
        await foreach (var (id, runs, _) in world.Journal.ListAsync(ct))
        {
            if (runs)
                findings.Add($"the workflow of {id} has not ended");
            else if ((await world.Journal.FindAsync(id, ct))?.Record is { State: JournalState.Failed } failed)
                findings.Add($"the workflow of {id} has failed: {failed.Failure}");
            // What was deleted leaves its ended workflow, until the journal forgets it.
            if (runs && !known.Any(one => id.Contains(one, StringComparison.Ordinal)))
                findings.Add($"there is a workflow of {id}, which does not exist");
        }
        var admission = world.Account.Jobs.GetBlobClient("admission.json");
        if (!await admission.ExistsAsync(ct))
            return;
        var state = (await admission.DownloadContentAsync(ct)).Value.Content.ToObjectFromJson<AdmissionState>(PipelineJson.Options)!;
        findings.AddRange(state.Holders.Concat(state.Waiting).Select(id => $"{id} has ended and has a place among those that train"));
    }
}
