using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Serverless.Local.Azurite;

/// <summary>The file in the data folder that says which process runs the emulator there, and at which port: <c>pid port</c>.</summary>
internal sealed partial class AzuritePidFile(string dataFolder)
{
    private const int Sigterm = 15;
    private static readonly TimeSpan StartTolerance = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>The file's path.</summary>
    public string Path { get; } = System.IO.Path.Combine(dataFolder, "azurite.pid");

    /// <summary>The emulator that runs on this folder, or null when none does.</summary>
    public (int Pid, int Port)? Running()
    {
        if (!File.Exists(Path)) return null;
        var words = File.ReadAllText(Path).Split(' ');
        if (words.Length != 2
            || !int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
            || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var port)) return null;
        return IsAlive(pid) ? (pid, port) : null;
    }

    /// <summary>Asks the emulator to write what it holds and to end, and waits until it has; false when it does not within <paramref name="patience"/>.</summary>
    public async Task<bool> StopAsync(int pid, TimeSpan patience)
    {
        if (OperatingSystem.IsWindows())
        {
            // Windows has no SIGTERM for a process without a console: wait until what was acknowledged is on disk (5 s), then end it.
            await Task.Delay(TimeSpan.FromSeconds(6));
            using var process = Process.GetProcessById(pid);
            process.Kill();
        }
        else if (Kill(pid, Sigterm) != 0 && IsAlive(pid))
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"Azurite (process {pid}) cannot be stopped");
        }
        var clock = Stopwatch.StartNew();
        while (IsAlive(pid))
        {
            if (clock.Elapsed > patience) return false;
            await Task.Delay(Pause);
        }
        File.Delete(Path);
        return true;
    }

    /// <summary>
    /// Whether the process is the one that the file was written for; its id alone may have been given to another program since. Linux shows
    /// the data folder on its command line; elsewhere it is a Node.js that began when the file was written.
    /// </summary>
    private bool IsAlive(int pid)
    {
        try
        {
            if (OperatingSystem.IsLinux())
                return File.ReadAllText($"/proc/{pid}/cmdline").Split('\0').Contains(dataFolder) && !IsZombie(pid);
            using var process = Process.GetProcessById(pid);
            return process.ProcessName.StartsWith(NodeRuntime.Command, StringComparison.OrdinalIgnoreCase)
                && (process.StartTime.ToUniversalTime() - File.GetLastWriteTimeUtc(Path)).Duration() < StartTolerance;
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException or Win32Exception or IOException)
        {
            return false;
        }
    }

    /// <summary>An ended process whose new parent has not asked for its exit code, as in containers without an init process.</summary>
    private static bool IsZombie(int pid)
    {
        var status = File.ReadAllText($"/proc/{pid}/stat");
        return status[(status.LastIndexOf(')') + 2)..].StartsWith('Z');
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
