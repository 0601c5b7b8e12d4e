using Azure.Storage.Blobs;
using Serverless.Learning;
using Serverless.Service.Jobs;
using Serverless.Service.Storage;

namespace Serverless.Service.Pipeline.FineTuning.Teaching;

/// <summary>
/// What becomes of a stage whose teacher, or a model that grades, does not answer: it waits, longer each time, and its owner is told; one that stays away
/// is at last named as what the job failed by. How long that has been stands in <c>jobs/&lt;id&gt;/away.json</c>, whatever process asks next.
/// </summary>
public sealed class TeacherAbsences(BlobAccount account, JobLog log, PipelineSettings settings, TimeProvider clock)
{
    /// <param name="stage">The job as if the stage that is under way were all of it.</param>
    /// <param name="waiting">What waits for the answer.</param>
    internal async Task<StageOutcome> OutcomeAsync(JobRecord stage, TrainerLease lease, string waiting, TeacherAwayException away, CancellationToken ct)
    {
        var blob = new JsonBlob<TeacherAbsence>(BlobOf(stage.StageId()));
        var before = (await blob.ReadAsync(ct))?.Value;
        var absence = before?.Waiting == waiting ? before with { Times = before.Times + 1 } : new TeacherAbsence(waiting, clock.GetUtcNow(), 1);
        if (settings.TeacherPatience.PauseAfter(absence.Times) is not { } pause)
            return stage.Refuse(Gone(away, absence));
        await blob.WriteAsync(absence, ct);
        var told = new JobEvent
        {
            CreatedAt = clock.GetUtcNow(), Level = EventLevel.Warn, Message = $"The job waits: {away.Message}. It is asked again, up to {settings.TeacherPatience.Attempts} times in all",
        };
        await log.AppendOnceAsync(lease, stage.OwnName($"away-{absence.Since.ToUnixTimeMilliseconds()}"), [told], ct);
        return StageOutcome.Wait(pause);
    }

    /// <summary>Forgets the absences of a stage that asks no more.</summary>
    public Task ForgetAsync(StageId id, CancellationToken ct) => BlobOf(id).DeleteIfExistsAsync(cancellationToken: ct);

    private BlobClient BlobOf(StageId id) => account.Jobs.GetBlobClient($"{id}/away.json");

    private static InputError Gone(TeacherAwayException away, TeacherAbsence absence)
    {
        var asked = FormattableString.Invariant($"it was asked {absence.Times} times since {absence.Since:yyyy-MM-dd HH:mm:ss} UTC");
        return away.Grader is { } grader
            ? new InputError($"{away.Message}; {asked}", grader, "grader_unavailable", away)
            : new InputError($"method.distillation.teacher: {away.Message}; {asked}", "method.distillation.teacher", "teacher_unavailable", away);
    }
}
