using System.Runtime.InteropServices;
using Serverless.Learning.Native;

namespace Serverless.Learning.Kernels;

/// <summary>
/// Runs a kernel's slices on the threads that libtorch's own operations use (GNU OpenMP's team, where libtorch was built with it),
/// so that two pools never compete for the processors. A kernel's slices are fixed by its shapes alone and results are combined
/// in slice order; which thread takes which slice does not matter, so results do not depend on timing or on the number of threads.
/// </summary>
internal static unsafe class ThreadTeam
{
    private static delegate* unmanaged<delegate* unmanaged<void*, void>, void*, uint, uint, void> fork;

    /// <summary>Elements of fp32 below which a slice is not worth a second thread.</summary>
    private const long SliceElements = 1 << 14;

    /// <summary>How many slices a kernel over so many elements has; at most 64, at most one for each row.</summary>
    public static int Slices(long rows, long elements) => (int)Math.Clamp(elements / SliceElements, 1, Math.Clamp(rows, 1, 64));

    /// <summary>Rows of a slice: from (inclusive) and to (exclusive).</summary>
    public static (long From, long To) Rows(long rows, int slice, int slices) => (rows * slice / slices, rows * (slice + 1) / slices);

    /// <summary>Runs each slice once and returns when all have ended. The kernel must not throw.</summary>
    public static void Run<TKernel>(int slices, TKernel kernel)
        where TKernel : unmanaged, ISlicedKernel
    {
        var threads = Math.Min(slices, NativeRuntime.Threads);
        if (threads <= 1)
        {
            for (var slice = 0; slice < slices; slice++) kernel.Run(slice);
        }
        else if (fork != null)
        {
            var parts = SliceCount.Parts(threads);
            var counts = NewCounts(parts);
            var job = new Job { Kernel = &kernel, Invoke = &Invoke<TKernel>, Slices = slices, Counts = counts, Parts = parts };
            fork(&Work, &job, (uint)threads, 0);
            NativeMemory.AlignedFree(counts);
        }
        else
        {
            var shared = kernel;
            Parallel.For(0, slices, new ParallelOptions { MaxDegreeOfParallelism = threads }, slice => shared.Run(slice));
        }
    }

    /// <summary>Runs kernels that follow each other on one team, forked once, and returns when the last has ended.</summary>
    /// <param name="threads">How many are worth it; no more than there are.</param>
    public static void Run(ITeamSequence sequence, int threads)
    {
        threads = Math.Min(threads, NativeRuntime.Threads);
        if (threads <= 1)
        {
            var alone = TeamShare.Alone;
            sequence.Run(ref alone);
            return;
        }
        var parts = SliceCount.Parts(threads);
        var counts = NewCounts(sequence.Kernels * parts);
        if (fork != null)
        {
            var handle = GCHandle.Alloc(sequence);
            var shared = new SharedSequence { Counts = counts, Parts = parts, Sequence = GCHandle.ToIntPtr(handle) };
            fork(&Share, &shared, (uint)threads, 0);
            handle.Free();
        }
        else
        {
            RunOnPool(sequence, threads, counts);
        }
        NativeMemory.AlignedFree(counts);
    }

    /// <summary>Takes the entry point <c>GOMP_parallel</c> of libtorch's OpenMP library, if it has one.</summary>
    public static void Use(nint openMp)
    {
        if (openMp != 0 && NativeLibrary.TryGetExport(openMp, "GOMP_parallel", out var entry))
            fork = (delegate* unmanaged<delegate* unmanaged<void*, void>, void*, uint, uint, void>)entry;
    }

    // A method of its own: what the delegate captures is allocated where its method begins.
    private static void RunOnPool(ITeamSequence sequence, int threads, SliceCount* counts) =>
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, thread =>
        {
            var share = TeamShare.Of(counts, sequence.Kernels, SliceCount.Parts(threads), thread);
            sequence.Run(ref share);
        });

    private static SliceCount* NewCounts(int count)
    {
        var size = (nuint)(count * sizeof(SliceCount));
        var counts = (SliceCount*)NativeMemory.AlignedAlloc(size, (nuint)sizeof(SliceCount));
        NativeMemory.Clear(counts, size);
        return counts;
    }

    [UnmanagedCallersOnly]
    private static void Work(void* data)
    {
        var job = (Job*)data;
        var thread = Interlocked.Increment(ref job->Came) - 1;
        for (int slice; (slice = SliceCount.Take(job->Counts, job->Slices, job->Parts, thread)) >= 0;) job->Invoke(job->Kernel, slice);
    }

    [UnmanagedCallersOnly]
    private static void Share(void* data)
    {
        var shared = (SharedSequence*)data;
        var sequence = (ITeamSequence)GCHandle.FromIntPtr(shared->Sequence).Target!;
        var share = TeamShare.Of(shared->Counts, sequence.Kernels, shared->Parts, Interlocked.Increment(ref shared->Came) - 1);
        sequence.Run(ref share);
    }

    private static void Invoke<TKernel>(void* kernel, int slice)
        where TKernel : unmanaged, ISlicedKernel => ((TKernel*)kernel)->Run(slice);

    private struct SharedSequence
    {
        public SliceCount* Counts;
        public nint Sequence;
        public int Parts, Came;
    }

    private struct Job
    {
        public void* Kernel;
        public delegate*<void*, int, void> Invoke;
        public SliceCount* Counts;
        public int Slices, Parts, Came;
    }
}

/// <summary>Work over raw memory, cut into slices that do not touch each other's results.</summary>
internal interface ISlicedKernel
{
    void Run(int slice);
}
