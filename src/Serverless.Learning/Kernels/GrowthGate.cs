using System.Runtime.CompilerServices;
using static System.Runtime.Intrinsics.Vector512;

namespace Serverless.Learning.Kernels;

/// <summary>y = f(gate) up for N rows that lie apart.</summary>
internal unsafe struct GrowthGate<TGate> : ISlicedKernel
    where TGate : IGate
{
    /// <summary>[N, inner], of this stride.</summary>
    public float* Gate, Up;
    public nint Stride;

    /// <summary>[N, inner], contiguous.</summary>
    public float* Y;
    public int Width;

    /// <summary>Whether y counts as bfloat16.</summary>
    public bool Rounds;

    /// <summary>The same numbers through another gate.</summary>
    public readonly GrowthGate<TOther> With<TOther>()
        where TOther : IGate => new() { Gate = Gate, Up = Up, Stride = Stride, Y = Y, Width = Width, Rounds = Rounds };

    /// <param name="slice">The row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        float* gate = Gate + slice * Stride, up = Up + slice * Stride, y = Y + (nint)slice * Width;
        var i = 0;
        for (; i <= Width - 16; i += 16) (TGate.Value(Load(gate + i)) * Load(up + i)).Store(y + i);
        for (; i < Width; i++) y[i] = TGate.Value(Create(gate[i]))[0] * up[i];
        if (Rounds) GrowthVector.Round(y, Width);
    }
}
