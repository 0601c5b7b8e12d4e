using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// Looks after work on a model's tensors, which may take much longer than usual: reads again and again, and whenever this process has changed the job, what
/// the job's owner wishes, and interrupts the work as soon as there is a wish.
/// </summary>
/// <param name="seconds">The seconds of work on the job, if more than its record says are known.</param>
internal sealed class WishWatch(JobId job, JobWishes wishes, Func<double> seconds, PipelineSettings settings, TimeProvider clock)
{
    /// <summary>
    /// Reads at once, and from then on until the work has ended. However this ends, also by a fault of the storage, the work has ended too, so that what it
    /// uses may be freed; what came of it is its caller's to see.
    /// </summary>
    /// <param name="interrupt">Interrupts the work.</param>
    /// <param name="stopping">Ends the reading, because the process is about to end.</param>
    /// <param name="look">What else there is to do again and again while the work goes on.</param>
    /// <returns>What the wish makes of the present stage; null to go on.</returns>
    public async Task<StageOutcome?> WatchAsync(Task work, CancellationTokenSource interrupt, CancellationToken stopping, Func<Task>? look = null)
    {
        try
        {
            // Before it is read: what is written in between is read again.
            var changed = wishes.NextChange(job);
            var wish = await ReadAsync(stopping);
            while (wish is null && !await EndsAsync(work, changed))
            {
                changed = wishes.NextChange(job);
                wish = await ReadAsync(stopping);
                if (look is not null)
                    await look();
            }
            if (wish is not null)
                await interrupt.CancelAsync();
            return wish;
        }
        finally
        {
            await Task.WhenAny(work);
            wishes.Changed(job);
        }
    }

    private async Task<StageOutcome?> ReadAsync(CancellationToken stopping)
    {
        try
        {
            return (await wishes.ReadAsync(job, stopping, seconds())).Outcome;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Waits until the work has ended or the job has changed, for somewhat longer than the work usually takes.</summary>
    private async Task<bool> EndsAsync(Task work, Task changed)
    {
        using var ended = new CancellationTokenSource();
        var first = await Task.WhenAny(work, changed, Task.Delay(1.5 * settings.WishInterval, clock, ended.Token));
        await ended.CancelAsync();
        return first == work;
    }
}
