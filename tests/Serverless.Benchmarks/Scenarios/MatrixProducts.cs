using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Benchmarks.Scenarios;

/// <summary>The machine's matrix products: 1536 rows and columns, random values, the precision that the program sets.</summary>
internal sealed class MatrixProducts(string name, ScalarType dtype) : IScenario
{
    private const int Size = 1536;

    public string Name => name;

    public string Unit => "FLOP";

    public Ceiling? Ceiling => null;

    public ModelShape? Shape => null;

    public Reading Measure(string folder, Stopclock clock)
    {
        NativeRuntime.EnsureLoaded();
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (a, b, into) = (randn(Size, Size).to(dtype), randn(Size, Size).to(dtype), zeros(Size, Size, dtype));
        var flops = 2.0 * Size * Size * Size;
        return clock.Read(flops, 0, () =>
        {
            using var one = NewDisposeScope();
            into.copy_(a.mm(b));
        });
    }
}
