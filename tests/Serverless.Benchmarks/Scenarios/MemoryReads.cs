using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Benchmarks.Scenarios;

/// <summary>The machine's memory: a sum over half a gigabyte of random values, far more than caches hold.</summary>
internal sealed class MemoryReads : IScenario
{
    private const long Floats = 1L << 27;

    public string Name => "memory, read";

    public string Unit => "bytes";

    public Ceiling? Ceiling => null;

    public ModelShape? Shape => null;

    public Reading Measure(string folder, Stopclock clock)
    {
        NativeRuntime.EnsureLoaded();
        using var scope = NewDisposeScope();
        var values = randn(Floats);
        return clock.Read(4.0 * Floats, 0, () =>
        {
            using var one = NewDisposeScope();
            values.sum().item<float>();
        });
    }
}
