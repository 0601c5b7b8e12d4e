using Serverless.Faults.Running;
using Serverless.Faults.Worlds;
using Serverless.Service.Jobs;
using Serverless.Tests.Heads;

namespace Serverless.Faults.Faults;

/// <summary>A job that trains on a head: where most faults begin.</summary>
internal sealed class Trial : IAsyncDisposable
{
    private Trial(World world, HeadProcess head, JobKind kind, JobId job) => (World, Head, Kind, Job) = (world, head, kind, job);

    public World World { get; }

    /// <summary>The head that runs now, or did last.</summary>
    public HeadProcess Head { get; private set; }

    public JobKind Kind { get; }

    public JobId Job { get; }

    /// <summary>What an undisturbed one comes to has to be found before.</summary>
    public (JobKind, JobId)[] Jobs => [(Kind, Job)];

    /// <summary>Starts a head in the world and a job on it, and returns when that trains and has committed so many checkpoints.</summary>
    public static async Task<Trial> StartAsync(World world, CancellationToken ct, int checkpoints = 1, JobKind? kind = null)
    {
        var head = await world.StartHeadAsync(ct);
        try
        {
            kind ??= JobKind.Long;
            var job = await world.CreateJobAsync(head, kind, ct);
            await world.UntilTrainingAsync(job, checkpoints, ct);
            return new Trial(world, head, kind, job);
        }
        catch (InvalidOperationException fault)
        {
            await head.DisposeAsync();
            await world.DisposeAsync();
            throw new InvalidOperationException($"{fault.Message}\n{head.Output}", fault);
        }
        catch
        {
            await head.DisposeAsync();
            await world.DisposeAsync();
            throw;
        }
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
    public async Task UntilSaidAsync(string text, CancellationToken ct)
    {
        while (!Head.Output.Contains(text, StringComparison.Ordinal))
        {
            if (Head.HasEnded)
                throw new FaultLostException([$"the head ended without saying '{text}':\n{Head.Output}"]);
            await Task.Delay(TimeSpan.FromMilliseconds(50), ct);
        }
    }

    /// <summary>The messages of the job's events, oldest first.</summary>
    public async Task<IReadOnlyList<string>> MessagesAsync(CancellationToken ct) => [.. (await Ending.EventsAsync(World, Job, ct)).Select(one => one.Message)];

    public async ValueTask DisposeAsync()
    {
        await Head.DisposeAsync();
        await World.DisposeAsync();
    }
}
