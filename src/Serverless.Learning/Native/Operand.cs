using TorchSharp;
using static TorchSharp.torch;

namespace Serverless.Learning.Native;

/// <summary>
/// Numbers as operands of tensor operations. TorchSharp passes a number as a wrapper whose finaliser frees the native one, and nothing
/// keeps a temporary wrapper alive until the native call has read it: a collection at that moment hands the call freed memory. Here the last
/// numbers of each thread stay reachable, longer than any call lasts. Some of TorchSharp's methods make such a number where none is written: a sum of two
/// tensors (<c>a + b</c>, <c>add(tensor)</c>) and one of a tensor and a number (<c>add(number)</c>, with an operand too) make the factor of what is added,
/// <c>square()</c> makes its exponent. <see cref="Plus(Tensor, Tensor)"/>, <see cref="Plus(Tensor, double)"/> and <see cref="Squared"/> stand for them;
/// in place, <c>add_</c> takes that factor as another operand. The build refuses what BannedSymbols.txt lists.
/// </summary>
/// <remarks>
/// A tensor, too, is freed by the collector once nothing names it, and a chain of calls names none of those in between. They outlive their native calls
/// because the dispose scope around them holds them: tensor code runs in one, and a method without a scope of its own needs its caller's.
/// </remarks>
internal static class Operand
{
    /// <summary>More than one operation takes.</summary>
    private const int Kept = 16;

    [ThreadStatic]
    private static Scalar[]? last;

    [ThreadStatic]
    private static int next;

    /// <summary>
    /// The number as a float64 scalar, which does not change the dtype of a floating tensor that it is combined with. The result of an integer tensor
    /// is float32, and a sum of integer tensors refuses it as its factor.
    /// </summary>
    public static Scalar Of(double number)
    {
#pragma warning disable RS0030 // The one place where a number becomes a scalar: it is kept.
        last ??= new Scalar[Kept];
        next = (next + 1) % Kept;
        return last[next] = number;
#pragma warning restore RS0030
    }

    /// <summary>a + b, of floating tensors.</summary>
    public static Tensor Plus(this Tensor a, Tensor b) => a.add(b, Of(1));

    /// <summary>The number added to each element of a floating tensor.</summary>
    public static Tensor Plus(this Tensor a, double number) => a.add(Of(number), Of(1));

    /// <summary>The square of each element.</summary>
    public static Tensor Squared(this Tensor a) => a.pow(Of(2));
}
