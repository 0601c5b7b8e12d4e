using System.Text.Json;
using Serverless.Learning.Kernels;
using Serverless.Learning.Models;
using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Models;

/// <summary>The decoder against llama_golden.py: plain PyTorch, float64, weights given by a formula.</summary>
public sealed class DecoderGoldenTests
{
    private static readonly DecoderConfig Config = new()
    {
        VocabularySize = 50, Width = 16, InnerWidth = 24, Layers = 2, Heads = 4, KeyValueHeads = 2, HeadSize = 4, NormEpsilon = 1e-6,
        RotaryBase = 10000, MaxLength = 32, TiedHead = false,
    };

    // float32 against float64: values near one through two layers, relative error about 1e-6, ten times that allowed.
    private const double Tolerance = 2e-5;

    [Theory]
    [InlineData(KernelPath.Plain)]
    [InlineData(KernelPath.Fused)]
    public void Logits_loss_and_gradients_are_those_of_plain_PyTorch(KernelPath path)
    {
        NativeRuntime.EnsureLoaded();
        var before = NativeRuntime.KernelPath;
        NativeRuntime.KernelPath = path;
        try
        {
            Check();
        }
        finally
        {
            NativeRuntime.KernelPath = before;
        }
    }

    private static void Check()
    {
        using var scope = NewDisposeScope();
        using var golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Models", "llama-golden.json")));
        var ids = golden.RootElement.GetProperty("ids").Deserialize<int[]>()!;
        using var decoder = new Decoder(Config, Config.WeightShapes().Select((shape, number) => (shape.Key, Value: Draw(number, shape.Value))).ToDictionary(pair => pair.Key, pair => pair.Value));
        foreach (var weight in decoder.Weights) weight.Value.requires_grad_(true);
        using var layout = SequenceLayout.Causal(decoder.Rotary, 1, ids.Length);
        var targets = golden.RootElement.GetProperty("targets").Deserialize<int[]>()!;
        var hidden = decoder.Hidden(ids, layout);
        var last = decoder.Logits(hidden.detach())[-1].data<float>().ToArray();
        var expected = golden.RootElement.GetProperty("lastLogits").Deserialize<double[]>()!;
        for (var id = 0; id < expected.Length; id++) Assert.Equal(expected[id], last[id], Tolerance);

        var (loss, _) = decoder.Loss(hidden, targets, 1.0 / targets.Count(target => target >= 0));
        Assert.Equal(golden.RootElement.GetProperty("loss").GetDouble(), loss.item<float>(), Tolerance);
        loss.backward();
        foreach (var weight in decoder.Weights)
        {
            Assert.Equal(golden.RootElement.GetProperty("gradientNorms").GetProperty(weight.Name).GetDouble(), weight.Value.grad!.norm().item<float>(), Tolerance);
            Assert.Equal(golden.RootElement.GetProperty("gradientSums").GetProperty(weight.Name).GetDouble(), weight.Value.grad!.sum().item<float>(), 10 * Tolerance);
        }
    }

    private static Tensor Draw(int number, long[] shape)
    {
        var around = shape.Length == 1 ? 1 : 0;
        var size = (int)shape.Aggregate(1L, (product, length) => product * length);
        return tensor(Enumerable.Range(0, size).Select(index => (float)(0.3 * Math.Sin(0.7 * index + number) + around)).ToArray(), shape);
    }
}
