using System.Globalization;
using System.Runtime.Versioning;

namespace Serverless.Tests.Heads;

/// <summary>What a process uses, as Linux tells it (proc(5)).</summary>
internal static class HeadUse
{
    // Clock ticks of /proc are hundredths of a second on every system that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>Whether this system tells.</summary>
    [SupportedOSPlatformGuard("linux")]
    public static bool IsKnown => OperatingSystem.IsLinux();

    /// <summary>Bytes in memory now.</summary>
    public static long Memory(int process) => Kilobytes(process, "VmRSS:") * 1024;

    /// <summary>The most bytes that were in memory at a time.</summary>
    public static long PeakMemory(int process) => Kilobytes(process, "VmHWM:") * 1024;

    /// <summary>Whether a file whose name holds this is mapped, as a library that was loaded is.</summary>
    public static bool HasMapped(int process, string name) => File.ReadAllText($"/proc/{process}/maps").Contains(name, StringComparison.OrdinalIgnoreCase);

    /// <summary>Open files, sockets and pipes.</summary>
    public static int Handles(int process) => Directory.GetFileSystemEntries($"/proc/{process}/fd").Length;

    /// <summary>Processor seconds so far of a process, those of threads that have ended included.</summary>
    public static double ProcessorSeconds(int process) => SecondsOf(File.ReadAllText($"/proc/{process}/stat")).Seconds;

    /// <summary>Processor seconds so far of the one thread whose name begins so.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static double ProcessorSeconds(int process, string thread) => Directory.GetDirectories($"/proc/{process}/task")
        .Select(task => SecondsOf(File.ReadAllText(Path.Combine(task, "stat")))).Single(one => one.Name.StartsWith(thread, StringComparison.Ordinal)).Seconds;

    private static (string Name, double Seconds) SecondsOf(string stat)
    {
        var (begin, end) = (stat.IndexOf('('), stat.LastIndexOf(')'));
        // Behind the name: the state is field 3, the processor times in user and kernel mode are 14 and 15.
        var fields = stat[(end + 2)..].Split(' ');
        return (stat[(begin + 1)..end], (Ticks(fields[11]) + Ticks(fields[12])) / TicksPerSecond);
    }

    private static double Ticks(string field) => double.Parse(field, CultureInfo.InvariantCulture);

    private static long Kilobytes(int process, string field) => long.Parse(
        File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith(field, StringComparison.Ordinal))[field.Length..].Trim().Split(' ')[0], CultureInfo.InvariantCulture);
}
