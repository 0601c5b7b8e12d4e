using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector512;

namespace Serverless.Learning.Kernels;

/// <summary>y = gate sigmoid(gate) up, element by element.</summary>
internal unsafe struct SwiGluForward<T> : ISlicedKernel
    where T : unmanaged, IElement<T>
{
    public T* Gate, Up, Y;
    public long Count;
    public int Slices;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        var (from, to) = ThreadTeam.Rows(Count, slice, Slices);
        var i = from;
        for (; i <= to - 16; i += 16)
        {
            var gate = T.Load(Gate + i);
            T.Store(gate * VectorMath.Sigmoid(gate) * T.Load(Up + i), Y + i);
        }
        for (; i < to; i++) T.Set(Y + i, T.Get(Gate + i) / (1 + MathF.Exp(-T.Get(Gate + i))) * T.Get(Up + i));
    }
}

/// <summary>With g the gradient of y and s = sigmoid(gate): dgate = g up s (1 + gate (1 - s)), dup = g gate s.</summary>
internal unsafe struct SwiGluBackward<T> : ISlicedKernel
    where T : unmanaged, IElement<T>
{
    public T* Gate, Up, Gradient, DGate, DUp;
    public long Count;
    public int Slices;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        var (from, to) = ThreadTeam.Rows(Count, slice, Slices);
        var one = Vector512<float>.One;
        var i = from;
        for (; i <= to - 16; i += 16)
        {
            var (gate, g) = (T.Load(Gate + i), T.Load(Gradient + i));
            var s = VectorMath.Sigmoid(gate);
            T.Store(g * T.Load(Up + i) * s * FusedMultiplyAdd(gate, one - s, one), DGate + i);
            T.Store(g * gate * s, DUp + i);
        }
        for (; i < to; i++)
        {
            var (gate, g) = (T.Get(Gate + i), T.Get(Gradient + i));
            var s = 1 / (1 + MathF.Exp(-gate));
            T.Set(DGate + i, g * T.Get(Up + i) * s * (1 + gate * (1 - s)));
            T.Set(DUp + i, g * gate * s);
        }
    }
}
