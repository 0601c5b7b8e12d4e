namespace Serverless.Learning.Kernels;

/// <summary>Memory that is taken piece by piece, stays where it is, and is taken again from its beginning; the garbage collector frees it.</summary>
internal sealed unsafe class PinnedMemory<T>
    where T : unmanaged
{
    private const int ChunkBytes = 1 << 16;
    private readonly List<T[]> chunks = [];
    private int chunk, used;

    /// <summary>Uninitialised; valid until this object is gone, and its own until the next <see cref="Reset"/>.</summary>
    public T* Take(int count)
    {
        while (chunk < chunks.Count && used + count > chunks[chunk].Length) (chunk, used) = (chunk + 1, 0);
        if (chunk == chunks.Count) chunks.Add(GC.AllocateUninitializedArray<T>(Math.Max(count, ChunkBytes / sizeof(T)), pinned: true));
        fixed (T* first = chunks[chunk])
        {
            var taken = first + used;
            used += count;
            return taken;
        }
    }

    /// <summary>Lets all pieces go.</summary>
    public void Reset() => (chunk, used) = (0, 0);
}
