using System.Runtime.InteropServices;

namespace Serverless.Local.Composition;

/// <summary>
/// The end of the process while threads are within native code. The usual end runs the destructors of the native libraries first, and a thread that computes by
/// what they free crashes the process: its exit code would be that of the crash.
/// </summary>
internal static partial class ProcessEnd
{
    /// <summary>Ends the process with an exit code, and does not return.</summary>
    public static void AtOnce(int exitCode)
    {
        Console.Out.Flush();
        Console.Error.Flush();
        if (OperatingSystem.IsWindows())
            _ = TerminateProcess(GetCurrentProcess(), (uint)exitCode);
        else
            Exit(exitCode);
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void Exit(int exitCode);

    [LibraryImport("kernel32")]
    private static partial nint GetCurrentProcess();

    [LibraryImport("kernel32")]
    private static partial int TerminateProcess(nint process, uint exitCode);
}
