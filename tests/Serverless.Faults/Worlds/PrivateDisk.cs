using System.Diagnostics;
using System.Globalization;
using Serverless.Tests.Heads;

namespace Serverless.Faults.Worlds;

/// <summary>
/// A small disk for a head's caches and scratch files that only the head sees: a tmpfs in a mount namespace of its own, which is gone with
/// the process (unshare(1), mount(8)).
/// </summary>
internal static class PrivateDisk
{
    private static readonly Lazy<string?> s_obstacle = new(FindObstacle);

    /// <summary>Why there can be none on this machine, or null.</summary>
    public static string? Obstacle => s_obstacle.Value;

    /// <summary>Has heads of the place start on such a disk.</summary>
    public static void Use(HeadPlace place, int megabytes)
    {
        var folder = Directory.CreateDirectory(FolderOf(place)).FullName;
        place.Launcher = ["unshare", "--mount", "sh", "-c", string.Create(CultureInfo.InvariantCulture, $"mount -t tmpfs -o size={megabytes}m tmpfs \"$0\" && exec \"$@\""), folder];
    }

    /// <summary>Fills the disk of a running head to the last byte.</summary>
    public static async Task FillAsync(HeadPlace place, HeadProcess head, CancellationToken ct)
    {
        await using var file = new FileStream(FillerOf(place, head), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[1 << 20];
        for (var size = block.Length; size > 0;)
        {
            try
            {
                await file.WriteAsync(block.AsMemory(0, size), ct);
            }
            catch (IOException)
            {
                size /= 2;
            }
        }
    }

    /// <summary>Frees it again.</summary>
    public static void Free(HeadPlace place, HeadProcess head) => File.Delete(FillerOf(place, head));

    /// <summary>Makes the disk of a running head read-only, or writable again.</summary>
    public static async Task MountAsync(HeadPlace place, HeadProcess head, bool readOnly, CancellationToken ct)
    {
        // Refused while a file is open for writing.
        while (Run("nsenter", "--mount", "--target", head.Id.ToString(CultureInfo.InvariantCulture), "mount", "-o", readOnly ? "remount,ro" : "remount,rw", FolderOf(place)) != 0)
            await Task.Delay(TimeSpan.FromMilliseconds(20), ct);
    }

    private static string FolderOf(HeadPlace place) => (string)place.Variables["SERVERLESS_DATA"];

    private static string FillerOf(HeadPlace place, HeadProcess head) => $"/proc/{head.Id}/root{FolderOf(place)}/filler";

    private static string? FindObstacle()
    {
        if (!OperatingSystem.IsLinux())
            return "it takes Linux";
        try
        {
            return Run("unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt") == 0 ? null : "mounting is not permitted here";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "unshare is not installed";
        }
    }

    private static int Run(string command, params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(command, words) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }
}
