using System.Runtime.InteropServices;

namespace Serverless.Learning.Native;

/// <summary>Settings of the GNU C library. Without effect on other systems.</summary>
internal static partial class Glibc
{
    private const int TrimThreshold = -1, MapThreshold = -3, ArenaMaximum = -8;

    private const int WillNeed = 3;

    private static readonly Lock Turn = new();

    /// <summary>How many ask for large blocks to be mapped; guarded by <see cref="Turn"/>.</summary>
    private static int mappings;

    /// <summary>
    /// Before the first tensor exists: large ones are kept by the allocator instead of being mapped and unmapped each time: page faults are up to half of a plain
    /// training step otherwise. One arena, because only the main one grows without bound.
    /// </summary>
    public static void KeepLargeBlocks()
    {
        if (!IsPresent) return;
        lock (Turn)
        {
            if (mappings == 0) KeepBlocks();
        }
        _ = mallopt(TrimThreshold, int.MaxValue);
        _ = mallopt(ArenaMaximum, 1);
    }

    /// <summary>
    /// Idle threads of GNU OpenMP sleep instead of spinning: a second process on the same cores makes a spinning step eight times
    /// slower. Read by libgomp when it loads, from the native environment, which .NET's own setter does not reach. A value that the
    /// user has set stays.
    /// </summary>
    public static void LetIdleThreadsSleep()
    {
        if (IsPresent) _ = setenv("OMP_WAIT_POLICY", "PASSIVE", overwrite: 0);
    }

    /// <summary>
    /// Until what it returns is disposed, large blocks that the heap has no room for are mapped one by one instead of making it longer. While a model
    /// is read, what passes then leaves no gaps between the weights that stay, and the weights go back to the system when they are freed. The setting is
    /// the whole process's: it holds until the last of those that asked for it, on any thread, is done.
    /// </summary>
    public static IDisposable MapLargeBlocks()
    {
        lock (Turn)
        {
            if (mappings++ == 0 && IsPresent) _ = mallopt(MapThreshold, 1 << 20);
        }
        return new Mapping();
    }

    /// <summary>
    /// Gives freed memory back to the system, also from between blocks that stay, which <see cref="KeepLargeBlocks"/> keeps otherwise. After a model or
    /// a training run has been freed: what comes next has to ask the system for pages again.
    /// </summary>
    public static void GiveBack()
    {
        if (IsPresent) _ = malloc_trim(0);
    }

    /// <summary>
    /// Lets the system begin to read the pages of a mapped file that are not in memory, from the first to the last: found missing one by one, as they are used,
    /// they would come in small pieces.
    /// </summary>
    /// <param name="page">Where a page begins.</param>
    /// <param name="length">Bytes.</param>
    public static unsafe void ReadAhead(void* page, nuint length)
    {
        if (IsPresent) _ = madvise(page, length, WillNeed);
    }

    private static void KeepBlocks()
    {
        // Older versions refuse more than half a heap, 32 MiB.
        if (IsPresent && mallopt(MapThreshold, 1 << 30) == 0) _ = mallopt(MapThreshold, 32 << 20);
    }

    private static bool IsPresent { get; } = OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out _);

    [LibraryImport("libc.so.6")]
    private static partial int mallopt(int parameter, int value);

    [LibraryImport("libc.so.6")]
    private static partial int malloc_trim(nuint pad);

    [LibraryImport("libc.so.6")]
    private static unsafe partial int madvise(void* address, nuint length, int advice);

    [LibraryImport("libc.so.6", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);

    private sealed class Mapping : IDisposable
    {
        private bool ended;

        public void Dispose()
        {
            lock (Turn)
            {
                if (ended) return;
                ended = true;
                if (--mappings == 0) KeepBlocks();
            }
        }
    }
}
