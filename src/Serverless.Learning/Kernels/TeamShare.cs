namespace Serverless.Learning.Kernels;

/// <summary>Kernels that follow each other within one fork of the team.</summary>
internal interface ITeamSequence
{
    /// <summary>How many kernels <see cref="Run"/> does, at most.</summary>
    int Kernels { get; }

    /// <summary>What each thread of the team does: the same kernels in the same order. Must not throw.</summary>
    void Run(ref TeamShare share);
}

/// <summary>
/// A thread's share of a <see cref="ITeamSequence"/>. A kernel begins when all slices of the one before have ended; until then a thread without a
/// slice waits. It turns in a loop for as long as a small kernel takes, and then lets others have the processor, so that a thread that has
/// lost its own to another program does not cost a second one. Nothing depends on how many threads come, or when.
/// </summary>
internal unsafe struct TeamShare
{
    /// <summary>Some ten microseconds of turning.</summary>
    private const int Turns = 300;

    private readonly int parts, thread;
    private readonly SliceCount* end;
    private SliceCount* next;

    private TeamShare(SliceCount* first, int kernels, int parts, int thread)
    {
        (this.parts, this.thread) = (parts, thread);
        next = first;
        end = first + (nint)kernels * parts;
    }

    /// <summary>The share of a thread that is alone.</summary>
    public static TeamShare Alone => default;

    /// <param name="first">Zeros; for each kernel so many as there are parts.</param>
    /// <param name="parts">See <see cref="SliceCount.Parts"/>.</param>
    /// <param name="thread">Which thread of the team this is, from 0.</param>
    public static TeamShare Of(SliceCount* first, int kernels, int parts, int thread) => new(first, kernels, parts, thread);

    /// <summary>Runs slices of the next kernel until none is left, and returns when all have ended.</summary>
    public void Do<TKernel>(int slices, TKernel kernel)
        where TKernel : unmanaged, ISlicedKernel
    {
        if (next == null)
        {
            for (var slice = 0; slice < slices; slice++) kernel.Run(slice);
            return;
        }
        if (next == end) throw new InvalidOperationException("A sequence has more kernels than it said.");
        var counts = next;
        next += parts;
        var ran = 0;
        for (int slice; (slice = SliceCount.Take(counts, slices, parts, thread)) >= 0; ran++) kernel.Run(slice);
        if (ran > 0) Interlocked.Add(ref counts->Ended, ran);
        for (var turn = 0; Volatile.Read(ref counts->Ended) < slices; turn++)
        {
            if (turn < Turns) Thread.SpinWait(1);
            else Thread.Yield();
        }
    }
}
