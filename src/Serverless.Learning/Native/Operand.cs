using TorchSharp;

namespace Serverless.Learning.Native;

/// <summary>
/// Numbers as operands of tensor operations. TorchSharp passes a number as a wrapper whose finaliser frees the native one, and nothing
/// keeps a temporary wrapper alive until the native call has read it: a collection at that moment hands the call freed memory. Here the last
/// numbers of each thread stay reachable, longer than any call lasts. A sum of tensors takes such a number too, the factor of its second operand.
/// </summary>
internal static class Operand
{
    /// <summary>More than one operation takes.</summary>
    private const int Kept = 16;

    [ThreadStatic]
    private static Scalar[]? last;

    [ThreadStatic]
    private static int next;

    /// <summary>The number as a float64 scalar, which does not change the dtype of a floating tensor that it is combined with.</summary>
    public static Scalar Of(double number)
    {
        last ??= new Scalar[Kept];
        next = (next + 1) % Kept;
        return last[next] = number;
    }
}
