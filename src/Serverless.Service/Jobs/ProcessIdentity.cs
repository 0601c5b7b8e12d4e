using System.Globalization;
using System.Runtime.Versioning;

namespace Serverless.Service.Jobs;

/// <summary>
/// Which process holds a lease, precisely enough that another one on the same machine can tell that it is dead: the running system
/// (machine, boot and process namespace), the process id in it and the time that process began.
/// </summary>
/// <param name="System">Equal for two processes only if the ids of their processes mean the same.</param>
/// <param name="ProcessId">The process.</param>
/// <param name="Started">When it began, in clock ticks since the boot.</param>
internal sealed record ProcessIdentity(string System, int ProcessId, string Started)
{
    /// <summary>This process. Null where the system does not tell enough (anything but Linux): a dead owner's lease is then waited for.</summary>
    public static ProcessIdentity? Current { get; } = Of(Environment.ProcessId);

    /// <summary>The process <paramref name="processId"/> of this machine, or null when there is none or the system does not tell.</summary>
    public static ProcessIdentity? Of(int processId) =>
        OperatingSystem.IsLinux() && StartOf(processId) is { } started ? new(ThisSystem(), processId, started) : null;

    /// <summary>Whether the process belongs to this machine and does not run any more.</summary>
    public bool IsDeadHere => OperatingSystem.IsLinux() && System == ThisSystem() && StartOf(ProcessId) != Started;

    [SupportedOSPlatform("linux")]
    private static string ThisSystem()
    {
        var boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        var processes = new FileInfo("/proc/self/ns/pid").LinkTarget;
        return $"{Environment.MachineName}/{boot}/{processes}";
    }

    /// <summary>Field 22 of <c>/proc/pid/stat</c> (proc(5)); null when the process is gone or only waits to be reaped.</summary>
    private static string? StartOf(int processId)
    {
        try
        {
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/stat"));
            // The second field is the command in parentheses and may hold anything, spaces and parentheses included.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : fields[19];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
