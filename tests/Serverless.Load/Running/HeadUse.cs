using System.Globalization;
using System.Runtime.Versioning;

namespace Serverless.Load.Running;

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

    /// <summary>Open files, sockets and pipes.</summary>
    public static int Handles(int process) => Directory.GetFileSystemEntries($"/proc/{process}/fd").Length;

    /// <summary>Processor seconds so far of the threads whose name begins otherwise than the given one.</summary>
    public static double ProcessorSecondsBut(int process, string thread) => Directory.GetDirectories($"/proc/{process}/task").Sum(task =>
    {
        try
        {
            var line = File.ReadAllText(Path.Combine(task, "stat"));
            var name = line[(line.IndexOf('(') + 1)..line.LastIndexOf(')')];
            // Behind the name: the state is field 3, the processor times in user and kernel mode are 14 and 15.
            var fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');
            return name.StartsWith(thread, StringComparison.Ordinal) ? 0 : (Ticks(fields[11]) + Ticks(fields[12])) / TicksPerSecond;
        }
        catch (IOException)
        {
            // A thread that has ended since.
            return 0;
        }
    });

    private static double Ticks(string field) => double.Parse(field, CultureInfo.InvariantCulture);

    private static long Kilobytes(int process, string field) => long.Parse(
        File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith(field, StringComparison.Ordinal))[field.Length..].Trim().Split(' ')[0], CultureInfo.InvariantCulture);
}
