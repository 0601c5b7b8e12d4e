using Serverless.Service.Evals;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline.Intake;

namespace Serverless.Service.Pipeline;

/// <summary>
/// Finds files, jobs and runs of evaluations whose workflow was never started, because the process died between record and start, or whose workflow failed.
/// </summary>
public sealed class UnfinishedWork(FileCatalog files, JobCatalog jobs, EvalRunCatalog runs, FileIntake intake, JobService service, EvalService evals)
{
    private const int PageSize = 100;

    /// <summary>Starts the workflows of all of them; those that run already are not disturbed. A head calls this when it starts.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        FileId? lastFile = null;
        for (var more = true; more;)
        {
            var page = await files.ListAsync(lastFile, PageSize, file => file.Status == FileStatus.Uploaded, ct);
            foreach (var file in page.Items)
                await intake.StartAsync(file, ct);
            (more, lastFile) = (page.HasMore, page.Items.IsEmpty ? null : page.Items[^1].Id);
        }
        JobId? lastJob = null;
        for (var more = true; more;)
        {
            var page = await jobs.ListAsync(lastJob, PageSize, job => !job.Status.IsFinal(), ct);
            foreach (var job in page.Items)
                await service.StartAsync(job.Id, ct);
            (more, lastJob) = (page.HasMore, page.Items.IsEmpty ? null : page.Items[^1].Id);
        }
        EvalRunId? lastRun = null;
        for (var more = true; more;)
        {
            var page = await runs.ListAsync(lastRun, PageSize, run => !run.IsFinal(), ct);
            foreach (var run in page.Items)
                await evals.StartRunAsync(run.Id, ct);
            (more, lastRun) = (page.HasMore, page.Items.IsEmpty ? null : page.Items[^1].Id);
        }
    }
}
