using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Tells a job's owner that its workflow was begun anew from the last checkpoint.</summary>
public sealed class NoteRestart(JobEvents events) : IActivity<RestartNote, bool>
{
    public static ActivityName<RestartNote, bool> Name { get; } = new(nameof(NoteRestart));

    public async Task<bool> RunAsync(RestartNote input, ActivityScope scope)
    {
        string[] messages = [$"The service was changed while the job ran; it goes on from its last checkpoint ({input.Reason})"];
        await events.AppendOnceAsync(input.JobId, $"restart {input.Reason}", EventLevel.Warn, messages, scope.Stopping);
        return true;
    }
}
