using System.Diagnostics;
using Serverless.Local.Demo;
using TorchSharp;

namespace Serverless.Benchmarks;

/// <summary>Repeats a piece of work and reads clock, memory and live tensors around it.</summary>
/// <param name="seconds">How long it repeats, at least.</param>
internal sealed class Stopclock(double seconds)
{
    private const int FewestRepetitions = 2;

    /// <param name="units">What <paramref name="work"/> works through.</param>
    /// <param name="needed">FLOP or bytes that it needs at least.</param>
    /// <param name="work">Called once before the clock starts, which warms caches, pools and compiled code.</param>
    /// <param name="fewest">How often it is repeated at least.</param>
    public Reading Read(double units, double needed, Action work, int fewest = FewestRepetitions)
    {
        work();
        var tensors = torch.Tensor.TotalCount;
        var managed = GC.GetTotalAllocatedBytes(precise: true);
        var times = new List<double>();
        for (var total = Stopwatch.StartNew(); times.Count < fewest || total.Elapsed.TotalSeconds < seconds;)
        {
            var clock = Stopwatch.GetTimestamp();
            work();
            times.Add(Stopwatch.GetElapsedTime(clock).TotalSeconds);
        }
        managed = GC.GetTotalAllocatedBytes(precise: true) - managed;
        return new Reading(times, units, needed, PeakMemory.Read(), managed / times.Count, torch.Tensor.TotalCount - tensors);
    }

    /// <summary>Repeats what another process does; only a part of each repetition counts.</summary>
    /// <param name="work">Called once before, as above; says how long the part took that counts.</param>
    /// <param name="peak">The most memory that the other process held.</param>
    public async Task<Reading> ReadAsync(Func<Task<TimeSpan>> work, Func<long> peak)
    {
        await work();
        var times = new List<double>();
        for (var counted = 0.0; times.Count < FewestRepetitions || counted < seconds; counted += times[^1]) times.Add((await work()).TotalSeconds);
        return new Reading(times, 1, 0, peak(), null, null);
    }
}
