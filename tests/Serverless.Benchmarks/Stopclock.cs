using System.Diagnostics;
using System.Globalization;
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
    public Reading Read(double units, double needed, Action work)
    {
        work();
        var tensors = torch.Tensor.TotalCount;
        var managed = GC.GetTotalAllocatedBytes(precise: true);
        var times = new List<double>();
        for (var total = Stopwatch.StartNew(); times.Count < FewestRepetitions || total.Elapsed.TotalSeconds < seconds;)
        {
            var clock = Stopwatch.GetTimestamp();
            work();
            times.Add(Stopwatch.GetElapsedTime(clock).TotalSeconds);
        }
        managed = GC.GetTotalAllocatedBytes(precise: true) - managed;
        return new Reading(times, units, needed, PeakMemory(), managed / times.Count, torch.Tensor.TotalCount - tensors);
    }

    /// <summary>In bytes: VmHWM of Linux, elsewhere the peak working set.</summary>
    private static long PeakMemory()
    {
        const string Name = "VmHWM:";
        if (!File.Exists("/proc/self/status"))
        {
            using var process = Process.GetCurrentProcess();
            return process.PeakWorkingSet64;
        }
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(Name, StringComparison.Ordinal));
        return long.Parse(line[Name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024;
    }
}
