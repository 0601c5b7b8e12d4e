using Serverless.Service.Jobs;
using Serverless.Service.Storage;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// Grants training slots, oldest job first. A slot is kept from chunk to chunk and given back when the job pauses or ends; it goes to the
/// next one at that moment, who finds it when it asks again.
/// </summary>
public sealed class Admission(BlobAccount account, JobCatalog jobs, PipelineSettings settings)
{
    private readonly JsonBlob<AdmissionState> _blob = new(account.Jobs.GetBlobClient("admission.json"));

    /// <summary>Asks for a slot, for the first time or again.</summary>
    /// <returns>0 if the job holds one, otherwise its place among those that wait, from 1.</returns>
    public async Task<int> AskAsync(JobId id, CancellationToken ct)
    {
        var after = await ChangeAsync(
            async state =>
            {
                var asked = state.WithWaiting(id).WithSlotsGiven(settings.TrainingSlots);
                return asked.PlaceOf(id) == 0 ? asked : (await WithoutIdleAsync(asked, ct)).WithSlotsGiven(settings.TrainingSlots);
            },
            ct);
        return after.PlaceOf(id);
    }

    /// <summary>Gives back the job's slot, or its place among those that wait, if it has one.</summary>
    public Task ReleaseAsync(JobId id, CancellationToken ct) =>
        ChangeAsync(state => Task.FromResult(state.Without(id).WithSlotsGiven(settings.TrainingSlots)), ct);

    /// <summary>
    /// Takes out jobs that hold a slot, or are about to, and cannot use it: ended, paused or gone. A process that died before it gave a
    /// slot back leaves such a one.
    /// </summary>
    private async Task<AdmissionState> WithoutIdleAsync(AdmissionState state, CancellationToken ct)
    {
        foreach (var id in state.Holders.Concat(state.Waiting.Take(settings.TrainingSlots)))
        {
            if (await jobs.FindAsync(id, ct) is not { } job || job.Status.IsFinal() || job.Status == JobStatus.Paused)
                state = state.Without(id);
        }
        return state;
    }

    private async Task<AdmissionState> ChangeAsync(Func<AdmissionState, Task<AdmissionState>> change, CancellationToken ct)
    {
        while (true)
        {
            var stored = await _blob.ReadAsync(ct);
            var state = stored?.Value ?? new AdmissionState();
            var next = await change(state);
            if (ReferenceEquals(next, state) || await _blob.TryReplaceAsync(next, stored?.ETag, ct))
                return next;
        }
    }
}
