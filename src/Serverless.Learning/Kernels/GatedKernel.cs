using System.Runtime.CompilerServices;
using static System.Runtime.Intrinsics.Vector512;

namespace Serverless.Learning.Kernels;

/// <summary>y = f(gate) up, element by element.</summary>
internal unsafe struct GatedForward<T, TGate> : ISlicedKernel
    where T : unmanaged, IElement<T>
    where TGate : IGate
{
    public T* Gate, Up, Y;
    public long Count;
    public int Slices;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        var (from, to) = ThreadTeam.Rows(Count, slice, Slices);
        var i = from;
        for (; i <= to - 16; i += 16) T.Store(TGate.Value(T.Load(Gate + i)) * T.Load(Up + i), Y + i);
        // As the others, so that the bits do not depend on where a slice ends.
        for (; i < to; i++) T.Set(Y + i, TGate.Value(Create(T.Get(Gate + i)))[0] * T.Get(Up + i));
    }
}

/// <summary>With g the gradient of y: dgate = g up f'(gate), dup = g f(gate).</summary>
internal unsafe struct GatedBackward<T, TGate> : ISlicedKernel
    where T : unmanaged, IElement<T>
    where TGate : IGate
{
    public T* Gate, Up, Gradient, DGate, DUp;
    public long Count;
    public int Slices;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        var (from, to) = ThreadTeam.Rows(Count, slice, Slices);
        var i = from;
        for (; i <= to - 16; i += 16)
        {
            var (gate, g) = (T.Load(Gate + i), T.Load(Gradient + i));
            T.Store(g * T.Load(Up + i) * TGate.Slope(gate), DGate + i);
            T.Store(g * TGate.Value(gate), DUp + i);
        }
        for (; i < to; i++)
        {
            var (gate, g) = (T.Get(Gate + i), T.Get(Gradient + i));
            T.Set(DGate + i, g * T.Get(Up + i) * TGate.Slope(gate));
            T.Set(DUp + i, g * TGate.Value(gate));
        }
    }
}
