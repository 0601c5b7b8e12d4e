using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// The folder in which a trained job is published: merged weights as a Hugging Face folder and, with adapters, the adapter within it.
/// Made from the last checkpoint, with the same bytes each time, so a machine that does not have it makes it again.
/// </summary>
public sealed class JobExports(TrainingSessions sessions, JobLog log, JobPlans plans, JobFolders folders)
{
    /// <exception cref="Learning.InputError">The model or the file that training needs cannot be used any more.</exception>
    public async Task<string> FolderAsync(JobRecord job, CancellationToken ct)
    {
        var head = await log.ReadHeadAsync(job.Id, ct) ?? throw new InvalidOperationException($"{job.Id} has no checkpoint");
        var folder = Path.Combine(folders.Of(job.Id), $"export-{head.Step}");
        if (Directory.Exists(folder))
            return folder;
        var plan = await plans.FindAsync(job.Id, ct) ?? throw new InvalidOperationException($"{job.Id} has no plan");
        var unfinished = folders.Fresh(job.Id, "export-unfinished");
        using (var use = await sessions.OpenAsync(job, plan, head, ct))
            await use.Session.ExportAsync(unfinished, job.BaseModel.Value);
        await sessions.CloseAsync(job.Id);
        Directory.Move(unfinished, folder);
        return folder;
    }
}
