using System.Runtime.InteropServices;

namespace Serverless.Learning.Kernels;

/// <summary>
/// How many of a kernel's slices have been taken from those of one thread; on a cache line of its own. Each thread begins with slices of its own that
/// follow each other, so that it reads its part of a matrix from one end to the other, which memory answers faster than pieces here and there; and
/// then takes what others have left.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal unsafe struct SliceCount
{
    private int taken;

    /// <summary>How many slices of the kernel have ended; counted in that of the first thread only.</summary>
    public int Ended;

    /// <summary>Takes a slice that nobody has taken; -1 if there is none.</summary>
    /// <param name="counts">One for each thread.</param>
    /// <param name="own">The thread that takes it, from 0.</param>
    public static int Take(SliceCount* counts, int slices, int threads, int own)
    {
        for (var step = 0; step < threads; step++)
        {
            var owner = own + step < threads ? own + step : own + step - threads;
            var first = (int)((long)slices * owner / threads);
            var count = (int)((long)slices * (owner + 1) / threads) - first;
            if (Volatile.Read(ref counts[owner].taken) < count && Interlocked.Increment(ref counts[owner].taken) is var number && number <= count)
                return first + number - 1;
        }
        return -1;
    }
}
