using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Serverless.Learning.Kernels;

/// <summary>The embedding rows of N tokens, scaled where the family does, and the same normed.</summary>
internal unsafe struct GrowthEmbedding<T> : ISlicedKernel
    where T : unmanaged, IFactor<T>
{
    /// <summary>The embedding [V, D], and where it holds codes the scale of each row.</summary>
    public T* Embedding;
    public float* Scales;

    /// <summary>[N].</summary>
    public int* Ids;

    /// <summary>What the rows are multiplied by; 1 for nothing.</summary>
    public float Factor;

    /// <summary>Writes the first stream; it adds nothing.</summary>
    public GrowthJoin Join;

    /// <param name="slice">The row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        var width = Join.Width;
        var from = Embedding + (nint)Ids[slice] * width;
        var stream = Join.Stream + (nint)slice * width;
        var scale = Scales == null ? 1 : Scales[Ids[slice]];
        var i = 0;
        for (; i <= width - 8; i += 8) (T.LoadEight(from + i) * scale * Factor).Store(stream + i);
        for (; i < width; i++) stream[i] = T.Get(from + i) * scale * Factor;
        Join.Norm(slice);
    }
}
