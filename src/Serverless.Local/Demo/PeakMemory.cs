using System.Diagnostics;
using System.Globalization;

namespace Serverless.Local.Demo;

/// <summary>The most memory that this process held at once.</summary>
internal static class PeakMemory
{
    /// <summary>In bytes: VmHWM of Linux, elsewhere the peak working set.</summary>
    public static long Read()
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
