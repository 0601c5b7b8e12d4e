using System.Globalization;
using Serverless.Faults.Checks;
using Serverless.Faults.Running;
using Serverless.Faults.Worlds;
using Serverless.Service.Jobs;
using Serverless.Tests.Heads;

namespace Serverless.Faults.Faults;

/// <summary>A job that trains on a head: where most faults begin.</summary>
internal sealed class Trial : IAsyncDisposable
{
    private DateTimeOffset? _struckAt;

    private Trial(World world, HeadProcess head, JobKind kind, JobId job) => (World, Head, Kind, Job) = (world, head, kind, job);

    public World World { get; }

    /// <summary>The head that runs now, or did last.</summary>
    public HeadProcess Head { get; private set; }

    public JobKind Kind { get; }

    public JobId Job { get; }

    /// <summary>What an undisturbed one comes to has to be found before.</summary>
    public (JobKind, JobId)[] Jobs => [(Kind, Job)];

    /// <summary>Starts a head in the world, which is the trial's from then on, and a job on it; returns when that trains and has committed so many checkpoints.</summary>
    /// <param name="prepare">What is done to the world before.</param>
    public static async Task<Trial> StartAsync(World world, CancellationToken ct, int checkpoints = 1, Action<World>? prepare = null)
    {
        HeadProcess? head = null;
        try
        {
            prepare?.Invoke(world);
            head = await world.StartHeadAsync(ct);
            var job = await world.CreateJobAsync(head, JobKind.Long, ct);
            await world.UntilTrainingAsync(job, checkpoints, ct);
            await world.Ledger.NoteAsync(world, ct);
            return new Trial(world, head, JobKind.Long, job);
        }
        catch (InvalidOperationException fault)
        {
            await EndAsync();
            throw new InvalidOperationException($"{fault.Message}\n{head?.Output}", fault);
        }
        catch
        {
            await EndAsync();
            throw;
        }

        async Task EndAsync()
        {
            if (head is not null)
                await head.DisposeAsync();
            await world.DisposeAsync();
        }
    }

    /// <summary>Notes that the fault has struck: the job has to take steps after this.</summary>
    public void Strikes() => _struckAt = DateTimeOffset.UtcNow;

    /// <summary>Kills the head while the job trains.</summary>
    /// <exception cref="StruckTooLateException">It had trained to its end.</exception>
    public async Task KillAsync(CancellationToken ct)
    {
        Strikes();
        await Head.KillAsync();
        await World.EnsureTrainsAsync(Job, ct);
        await World.Ledger.NoteAsync(World, ct);
    }

    /// <summary>Checks what holds of a storage whose jobs have ended, and that the job took steps after the fault had struck.</summary>
    /// <param name="said">Tells of a message that no undisturbed job has whether the fault is to cause it.</param>
    /// <exception cref="FaultLostException">Something does not hold.</exception>
    /// <exception cref="StruckTooLateException">The job had trained to its end.</exception>
    public async Task CheckAsync(CancellationToken ct, Func<string, bool>? said = null)
    {
        var struck = _struckAt ?? throw new InvalidOperationException("nothing has struck");
        await Invariants.CheckAsync(World, Jobs, ct, said);
        if (await World.Log.ListMetricsAsync(Job, 0, ct) is [.., { CreatedAt: var last }] && last < struck)
            throw new StruckTooLateException(string.Create(CultureInfo.InvariantCulture, $"the last step was taken {(struck - last).TotalSeconds:0.0} s before"));
    }

    /// <summary>Starts a head after the one before has ended.</summary>
    public async Task StartNextAsync(CancellationToken ct)
    {
        await Head.DisposeAsync();
        Head = await World.StartHeadAsync(ct);
    }

    /// <summary>The job's committed head.</summary>
    public async Task<JobHead> CommittedAsync(CancellationToken ct) => (await World.Log.ReadHeadAsync(Job, ct))!;

    /// <summary>Waits until the head has written a line that holds a text.</summary>
    /// <exception cref="FaultLostException">The head or the job has ended without it.</exception>
    /// <exception cref="StruckTooLateException">The job has succeeded.</exception>
    public async Task UntilSaidAsync(string text, CancellationToken ct)
    {
        while (!IsSaid())
        {
            if (Head.HasEnded)
                throw new FaultLostException([$"the head ended without saying '{text}':\n{Head.Output}"]);
            if (await World.EndedAsync(Job, ct) is { } ended && !IsSaid())
                throw ended.Status != JobStatus.Succeeded
                    ? new FaultLostException([$"the job is {ended.Status} and the head has not said '{text}':\n{Head.Output}"])
                    : new StruckTooLateException($"the job is {ended.Status} and the head has not said '{text}'");
            await Task.Delay(TimeSpan.FromMilliseconds(50), ct);
        }

        bool IsSaid() => Head.Output.Contains(text, StringComparison.Ordinal);
    }

    /// <summary>The messages of the job's events, oldest first.</summary>
    public async Task<IReadOnlyList<string>> MessagesAsync(CancellationToken ct) => [.. (await Ending.EventsAsync(World, Job, ct)).Select(one => one.Message)];

    public async ValueTask DisposeAsync()
    {
        await Head.DisposeAsync();
        await World.DisposeAsync();
    }
}
