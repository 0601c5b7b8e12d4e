using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector512;

namespace Serverless.Learning.Kernels;

/// <summary>
/// The end of a branch and the beginning of the next one, for N rows: stream = stream + branch, the branch normed before it is added where the
/// family does, and normed = RMSNorm(stream). The same arithmetic as <see cref="Fused.RmsNorm"/>. The stream is float32 whatever the layers compute in.
/// </summary>
internal unsafe struct GrowthJoin : ISlicedKernel
{
    /// <summary>[N, D] each.</summary>
    public float* Stream, Branch, Normed;

    /// <summary>[D] each: a bias of the branch or null, the weight of its norm or null, and that of the norm of the stream.</summary>
    public float* Bias, BranchNorm, StreamNorm;
    public int Width;
    public float Epsilon;

    /// <summary>What is added to the weights of norms, 0 or 1.</summary>
    public float NormOffset;

    /// <summary>Whether branch and normed count as bfloat16.</summary>
    public bool Rounds;

    /// <param name="slice">The row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        var branch = Branch + (nint)slice * Width;
        if (Bias != null) GrowthVector.AddBias(branch, Bias, Width, Rounds);
        if (BranchNorm != null) GrowthVector.Norm(branch, branch, BranchNorm, NormOffset, Epsilon, Width, rounds: false);
        GrowthVector.Add(Stream + (nint)slice * Width, branch, Width);
        Norm(slice);
    }

    /// <summary>Norms a row of the stream.</summary>
    public readonly void Norm(int row) =>
        GrowthVector.Norm(Stream + (nint)row * Width, Normed + (nint)row * Width, StreamNorm, NormOffset, Epsilon, Width, Rounds);
}

/// <summary>Operations on one vector of a row that grows.</summary>
internal static unsafe class GrowthVector
{
    /// <summary>x = x + y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* x, float* y, int width)
    {
        var i = 0;
        for (; i <= width - 16; i += 16) (Load(x + i) + Load(y + i)).Store(x + i);
        for (; i < width; i++) x[i] += y[i];
    }

    /// <summary>x = x + bias, in float32 or in bfloat16, which rounds the bias, too.</summary>
    public static void AddBias(float* x, float* bias, int width, bool rounds)
    {
        if (!rounds)
        {
            Add(x, bias, width);
            return;
        }
        var i = 0;
        for (; i <= width - 16; i += 16) Bf16.Rounded(Load(x + i) + Bf16.Rounded(Load(bias + i))).Store(x + i);
        for (; i < width; i++) x[i] = Bf16.Rounded(x[i] + Bf16.Rounded(bias[i]));
    }

    /// <summary>The bfloat16 next to each number, in its place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Round(float* x, int width)
    {
        var i = 0;
        for (; i <= width - 16; i += 16) Bf16.Rounded(Load(x + i)).Store(x + i);
        for (; i < width; i++) x[i] = Bf16.Rounded(x[i]);
    }

    /// <summary>y = x / sqrt(mean(x^2) + epsilon) * (weight + offset).</summary>
    /// <param name="y">May be x.</param>
    /// <param name="rounds">Whether y counts as bfloat16.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Norm(float* x, float* y, float* weight, float offset, float epsilon, int width, bool rounds)
    {
        var r = RmsNormRow.InverseRoot((Fp32*)x, width, epsilon);
        var i = 0;
        for (; i <= width - 16; i += 16) (Load(x + i) * Create(r) * (Load(weight + i) + Create(offset))).Store(y + i);
        for (; i < width; i++) y[i] = x[i] * r * (weight[i] + offset);
        if (rounds) Round(y, width);
    }
}
