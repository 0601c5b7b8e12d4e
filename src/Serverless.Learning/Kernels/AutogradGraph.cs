using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

/// <summary>Walks the autograd graph.</summary>
public static class AutogradGraph
{
    [ThreadStatic]
    private static Exception? cause;

    /// <summary>
    /// Computes the gradients of the leaves. Like <c>loss.backward()</c>, but a fault inside a C# backward pass is thrown as itself
    /// instead of as the engine's complaint about missing gradients.
    /// </summary>
    public static void Backward(Tensor loss) => Walk(() => loss.backward());

    /// <summary>Adds to the gradients of the leaves, from the gradient of a result; also from within a C# backward pass.</summary>
    /// <param name="gradient">Of the result's shape.</param>
    internal static void Backward(Tensor result, Tensor gradient) => Walk(() => result.backward([gradient]));

    private static void Walk(Action backward)
    {
        cause = null;
        try
        {
            backward();
        }
        catch (ExternalException engine) when (cause is { } fault)
        {
            throw new InvalidOperationException($"A backward pass failed: {fault.Message}", new AggregateException(fault, engine));
        }
    }

    /// <summary>Notes why a C# backward pass failed on this thread.</summary>
    internal static void Fail(Exception fault) => cause = fault;
}
