using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector512;

namespace Serverless.Learning.Kernels;

/// <summary>y = gate sigmoid(gate) up, element by element.</summary>
internal unsafe struct SwiGluForward : ISlicedKernel
{
    public float* Gate, Up, Y;
    public long Count;
    public int Slices;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        var (from, to) = ThreadTeam.Rows(Count, slice, Slices);
        var i = from;
        for (; i <= to - 16; i += 16)
        {
            var gate = Load(Gate + i);
            (gate * VectorMath.Sigmoid(gate) * Load(Up + i)).Store(Y + i);
        }
        for (; i < to; i++) Y[i] = Gate[i] / (1 + MathF.Exp(-Gate[i])) * Up[i];
    }
}

/// <summary>With g the gradient of y and s = sigmoid(gate): dgate = g up s (1 + gate (1 - s)), dup = g gate s.</summary>
internal unsafe struct SwiGluBackward : ISlicedKernel
{
    public float* Gate, Up, Gradient, DGate, DUp;
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
            var (gate, g) = (Load(Gate + i), Load(Gradient + i));
            var s = VectorMath.Sigmoid(gate);
            (g * Load(Up + i) * s * FusedMultiplyAdd(gate, one - s, one)).Store(DGate + i);
            (g * gate * s).Store(DUp + i);
        }
        for (; i < to; i++)
        {
            var s = 1 / (1 + MathF.Exp(-Gate[i]));
            DGate[i] = Gradient[i] * Up[i] * s * (1 + Gate[i] * (1 - s));
            DUp[i] = Gradient[i] * Gate[i] * s;
        }
    }
}
