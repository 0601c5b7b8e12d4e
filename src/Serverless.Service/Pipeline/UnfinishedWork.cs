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
    /// <summary>Starts the workflows of all of them; those that run already are not disturbed. A head calls this when it starts.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        await foreach (var file in files.AllAsync(file => file.Status == FileStatus.Uploaded, ct))
            await intake.StartAsync(file, ct);
        await foreach (var job in jobs.AllAsync(job => !job.Status.IsFinal(), ct))
            await service.StartAsync(job.Id, ct);
        await foreach (var run in runs.AllAsync(run => !run.IsFinal(), ct))
            await evals.StartRunAsync(run.Id, ct);
    }
}
