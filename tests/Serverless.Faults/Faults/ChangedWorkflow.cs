using System.Text.Json;
using Serverless.Faults.Running;
using Serverless.Faults.Worlds;
using Serverless.Service.Pipeline;

namespace Serverless.Faults.Faults;

/// <summary>
/// An upgrade in the middle of a job: the journal holds what the code before asked for, and the code now asks for something else. The workflow
/// begins again, the job goes on from its last checkpoint, and an event says so.
/// </summary>
internal sealed class ChangedWorkflow : IFault
{
    public string Name => "workflow-changed";

    public bool IsInShortForm => false;

    public Task RunAsync(FaultRun run) => run.RepeatAsync("a history of other code", RunAsync);

    private static async Task RunAsync(FaultRun run, CancellationToken ct)
    {
        await using var trial = await Trial.StartAsync(await World.OnSharedStorageAsync(run), ct);
        await trial.KillAsync(ct);
        var step = (await trial.CommittedAsync(ct)).Step;
        var (record, etag) = (await trial.World.Journal.FindAsync(trial.Job.Value, ct))!.Value;
        var changed = run.Random.Next(record.History.Length);
        var old = record with { History = record.History.SetItem(changed, record.History[changed] with { Name = "CheckFiles", Result = JsonSerializer.SerializeToElement(true, PipelineJson.Options) }) };
        if (await trial.World.Journal.ReplaceAsync(old, etag, ct) is null)
            throw new InvalidOperationException("the journal was written by somebody else");
        await trial.StartNextAsync(ct);
        var said = 0;
        await trial.CheckAsync(ct, message =>
        {
            var note = message.StartsWith("The service was changed while the job ran; it goes on from its last checkpoint", StringComparison.Ordinal);
            said += note ? 1 : 0;
            return note;
        });
        if (said != 1)
            throw new FaultLostException([$"{said} events tell of the change"]);
        if ((await trial.World.Log.ListMetricsAsync(trial.Job, step, ct)).Count == 0)
            throw new FaultLostException(["the job did not go on"]);
    }
}
