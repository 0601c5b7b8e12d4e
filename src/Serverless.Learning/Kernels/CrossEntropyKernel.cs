using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector512;

namespace Serverless.Learning.Kernels;

/// <summary>
/// For each row of logits [N, V]: the loss log(sum exp(x)) - x[target], whether the target is the first largest, and, where
/// <see cref="Gradient"/> is set (it may be the logits' own memory), scale (softmax(x) - onehot(target)).
/// </summary>
internal unsafe struct CrossEntropyRows<T> : ISlicedKernel
    where T : unmanaged, IElement<T>
{
    public T* Logits, Gradient;
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
            var ofTarget = T.Get(x + target);
            var largest = Largest(x, Vocabulary);
            if (ofTarget == largest && Largest(x, target) < largest) correct++;

            var sum = SumOfExponentials(x, largest);
            loss += Math.Log(sum) + largest - ofTarget;
            if (Gradient != null) StoreGradient(x, Gradient + row * Vocabulary, largest, Scale / sum, target);
        }
        Losses[slice] = loss;
        Correct[slice] = correct;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Largest(T* x, int count)
    {
        var (a, b) = (Create(float.NegativeInfinity), Create(float.NegativeInfinity));
        var i = 0;
        for (; i <= count - 32; i += 32)
        {
            a = Max(a, T.Load(x + i));
            b = Max(b, T.Load(x + i + 16));
        }
        var largest = LaneMaximum.Of(Max(a, b));
        for (; i < count; i++) largest = MathF.Max(largest, T.Get(x + i));
        return largest;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly float SumOfExponentials(T* x, float largest)
    {
        var (a, b) = (Vector512<float>.Zero, Vector512<float>.Zero);
        var i = 0;
        for (; i <= Vocabulary - 32; i += 32)
        {
            a += VectorMath.Exp(T.Load(x + i) - Create(largest));
            b += VectorMath.Exp(T.Load(x + i + 16) - Create(largest));
        }
        var sum = Sum(a + b);
        for (; i < Vocabulary; i++) sum += MathF.Exp(T.Get(x + i) - largest);
        return sum;
    }

    /// <summary>The exponentials are computed again rather than kept, so that they are rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void StoreGradient(T* x, T* y, float largest, float factor, int target)
    {
        var atTarget = MathF.Exp(T.Get(x + target) - largest) * factor - Scale;
        var i = 0;
        for (; i <= Vocabulary - 16; i += 16) T.Store(VectorMath.Exp(T.Load(x + i) - Create(largest)) * Create(factor), y + i);
        for (; i < Vocabulary; i++) T.Set(y + i, MathF.Exp(T.Get(x + i) - largest) * factor);
        T.Set(y + target, atTarget);
    }
}
