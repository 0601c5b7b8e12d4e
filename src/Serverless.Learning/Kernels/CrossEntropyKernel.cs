using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector512;

namespace Serverless.Learning.Kernels;

/// <summary>
/// For each row of logits [N, V]: the loss log(sum exp(x)) - x[target], whether the target is the first largest, and, where
/// <see cref="Gradient"/> is set (it may be the logits' own memory), scale (softmax(x) - onehot(target)).
/// </summary>
internal unsafe struct CrossEntropyRows : ISlicedKernel
{
    public float* Logits, Gradient;
    public long* Targets;
    public double* Losses;
    public long* Correct;
    public long Count;
    public int Vocabulary, Slices;
    public float Scale;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        var (from, to) = ThreadTeam.Rows(Count, slice, Slices);
        var (loss, correct) = (0.0, 0L);
        for (var row = from; row < to; row++)
        {
            var x = Logits + row * Vocabulary;
            var target = (int)Targets[row];
            var ofTarget = x[target];
            var largest = Largest(x);
            if (ofTarget == largest && new ReadOnlySpan<float>(x, target).IndexOf(largest) < 0) correct++;

            var sum = Gradient == null ? SumOfExponentials(x, largest) : StoreExponentials(x, Gradient + row * Vocabulary, largest);
            loss += Math.Log(sum) + largest - ofTarget;
            if (Gradient != null) Normalise(Gradient + row * Vocabulary, Scale / sum, target);
        }
        Losses[slice] = loss;
        Correct[slice] = correct;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly float Largest(float* x)
    {
        var (a, b) = (Create(float.NegativeInfinity), Create(float.NegativeInfinity));
        var i = 0;
        for (; i <= Vocabulary - 32; i += 32)
        {
            a = Max(a, Load(x + i));
            b = Max(b, Load(x + i + 16));
        }
        a = Max(a, b);
        var largest = float.NegativeInfinity;
        for (var lane = 0; lane < 16; lane++) largest = MathF.Max(largest, a[lane]);
        for (; i < Vocabulary; i++) largest = MathF.Max(largest, x[i]);
        return largest;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly float SumOfExponentials(float* x, float largest)
    {
        var (a, b) = (Vector512<float>.Zero, Vector512<float>.Zero);
        var i = 0;
        for (; i <= Vocabulary - 32; i += 32)
        {
            a += VectorMath.Exp(Load(x + i) - Create(largest));
            b += VectorMath.Exp(Load(x + i + 16) - Create(largest));
        }
        var sum = Sum(a + b);
        for (; i < Vocabulary; i++) sum += MathF.Exp(x[i] - largest);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly float StoreExponentials(float* x, float* y, float largest)
    {
        var (a, b) = (Vector512<float>.Zero, Vector512<float>.Zero);
        var i = 0;
        for (; i <= Vocabulary - 32; i += 32)
        {
            var (first, second) = (VectorMath.Exp(Load(x + i) - Create(largest)), VectorMath.Exp(Load(x + i + 16) - Create(largest)));
            first.Store(y + i);
            second.Store(y + i + 16);
            a += first;
            b += second;
        }
        var sum = Sum(a + b);
        for (; i < Vocabulary; i++) sum += y[i] = MathF.Exp(x[i] - largest);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Normalise(float* y, float factor, int target)
    {
        var i = 0;
        for (; i <= Vocabulary - 16; i += 16) (Load(y + i) * Create(factor)).Store(y + i);
        for (; i < Vocabulary; i++) y[i] *= factor;
        y[target] -= Scale;
    }
}
