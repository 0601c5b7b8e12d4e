using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Benchmarks.Scenarios;

/// <summary>The machine's matrix products: square, random values, the precision that the program sets.</summary>
/// <param name="size">Rows and columns.</param>
internal sealed class MatrixProducts(string name, ScalarType dtype, int size) : IScenario
{
    public string Name => name;

    public string Unit => "FLOP";

    public Ceiling? Ceiling => null;

    public ModelShape? Shape => null;

    public Reading Measure(string folder, Stopclock clock)
    {
        NativeRuntime.EnsureLoaded();
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (a, b, into) = (randn(size, size).to(dtype), randn(size, size).to(dtype), zeros(size, size, dtype));
        var flops = 2.0 * size * size * size;
        return clock.Read(flops, 0, () =>
        {
            using var one = NewDisposeScope();
            into.copy_(a.mm(b));
        });
    }
}
