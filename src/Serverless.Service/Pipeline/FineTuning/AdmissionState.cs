using System.Collections.Immutable;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Who trains and who waits to; <c>jobs/admission.json</c>.</summary>
public sealed record AdmissionState
{
    /// <summary>The jobs that hold a training slot.</summary>
    public ImmutableArray<JobId> Holders { get; init; } = [];

    /// <summary>The jobs that asked for one, oldest first.</summary>
    public ImmutableArray<JobId> Waiting { get; init; } = [];

    /// <summary>The jobs that waited before this one when it asked; 0 if it holds a slot.</summary>
    public int PlaceOf(JobId job) => Holders.Contains(job) ? 0 : Waiting.IndexOf(job) + 1;

    /// <summary>With a job among those that wait, by its age.</summary>
    public AdmissionState WithWaiting(JobId job) => Holders.Contains(job) || Waiting.Contains(job)
        ? this
        : this with { Waiting = [.. Waiting.Add(job).OrderByDescending(id => id.Value, StringComparer.Ordinal)] };

    /// <summary>With slots given to those that waited longest.</summary>
    public AdmissionState WithSlotsGiven(int slots)
    {
        var free = Math.Min(slots - Holders.Length, Waiting.Length);
        return free <= 0 ? this : this with { Holders = Holders.AddRange(Waiting.Take(free)), Waiting = Waiting.RemoveRange(0, free) };
    }

    /// <summary>Without a job, wherever it is.</summary>
    public AdmissionState Without(JobId job) => Holders.Contains(job) || Waiting.Contains(job)
        ? this with { Holders = Holders.Remove(job), Waiting = Waiting.Remove(job) }
        : this;
}
