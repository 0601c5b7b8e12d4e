using System.Runtime.InteropServices;

namespace Serverless.Learning.Kernels;

/// <summary>
/// How many slices have been taken from a part of a kernel's; on cache lines of its own. The threads begin in parts of their own, in which slices follow each
/// other, so that each reads a piece of a matrix from one end to the other, which memory answers faster than pieces here and there; and then take what
/// others have left.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal unsafe struct SliceCount
{
    /// <summary>More parts would cost more to look through than they save.</summary>
    private const int MostParts = 8;

    [FieldOffset(0)]
    private int taken;

    /// <summary>How many slices of the kernel have ended; counted in that of the first part only.</summary>
    [FieldOffset(64)]
    public int Ended;

    /// <summary>How many parts there are for so many threads: each thread has its own, or shares it where they are many.</summary>
    public static int Parts(int threads) => Math.Min(threads, MostParts);

    /// <summary>Takes a slice that nobody has taken; -1 if there is none.</summary>
    /// <param name="counts">One for each part.</param>
    /// <param name="thread">The thread that takes it, from 0.</param>
    public static int Take(SliceCount* counts, int slices, int parts, int thread)
    {
        for (var step = 0; step < parts; step++)
        {
            var part = (thread + step) % parts;
            var first = (int)((long)slices * part / parts);
            var count = (int)((long)slices * (part + 1) / parts) - first;
            if (Volatile.Read(ref counts[part].taken) < count && Interlocked.Increment(ref counts[part].taken) is var number && number <= count)
                return first + number - 1;
        }
        return -1;
    }
}
