using Serverless.Faults.Checks;
using Serverless.Faults.Running;
using Serverless.Faults.Worlds;
using Serverless.Service.Jobs;

namespace Serverless.Faults.Faults;

/// <summary>
/// A training file that is deleted while its job trains. The trainer has it in memory and ends; a head that is started anew would need
/// it again, and fails the job by name of the file.
/// </summary>
internal sealed class DeletedFile : IFault
{
    public string Name => "file-deleted";

    public bool IsInShortForm => false;

    public async Task RunAsync(FaultRun run)
    {
        await Undisturbed.FindAsync(run, [JobKind.Long]);
        for (var restarts = true; run.GoesOn || run.Tried < 2; restarts = !restarts)
        {
            var anew = restarts;
            await run.TryAsync(anew ? "the file is deleted, the head started anew" : "the file is deleted", ct => RunAsync(run, anew, ct));
        }
    }

    private static async Task RunAsync(FaultRun run, bool restarts, CancellationToken ct)
    {
        await using var trial = await Trial.StartAsync(await World.OnSharedStorageAsync(run), ct);
        var file = (await trial.World.Jobs.FindAsync(trial.Job, ct))!.TrainingFile;
        trial.World.Ledger.Deletes(file.Value);
        using (var answer = await trial.Head.Http.DeleteAsync($"files/{file}", ct))
            answer.EnsureSuccessStatusCode();
        trial.World.Ledger.Deleted(file.Value);
        if (!restarts)
        {
            trial.Strikes();
            await trial.CheckAsync(ct);
            return;
        }
        await trial.KillAsync(ct);
        await trial.StartNextAsync(ct);
        var job = await trial.World.UntilEndedAsync(trial.Job, ct);
        if (job.Status != JobStatus.Failed || job.Error?.Message != $"training_file: the file {file} was deleted")
            throw new FaultLostException([$"the job is {job.Status}: {job.Error?.Message}"]);
        await Invariants.CheckAsync(trial.World, [], ct, ended: (trial.Kind, trial.Job, JobStatus.Failed));
    }
}
