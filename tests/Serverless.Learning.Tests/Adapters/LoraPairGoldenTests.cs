using System.Text.Json;
using Serverless.Learning.Adapters;
using Serverless.Learning.Kernels;
using Serverless.Learning.Models;
using Serverless.Learning.Native;
using Serverless.Learning.Quantization;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Adapters;

/// <summary>One adapted product of each kind against adapter_golden.py: plain PyTorch in float64.</summary>
public sealed class LoraPairGoldenTests
{
    // Products of ten float32 numbers near one against float64: a relative error of 1e-6, and as much from rounded NF4 scales.
    private const double Tolerance = 5e-6;

    [Fact]
    public void Outputs_gradients_and_merged_weights_of_every_kind_are_those_of_plain_PyTorch()
    {
        NativeRuntime.EnsureLoaded();
        var layers = AdapterGolden.Read().GetProperty("layers").EnumerateArray().ToList();
        Assert.Equal(8, layers.Count);
        Assert.All(layers, Check);
    }

    private static void Check(JsonElement golden)
    {
        using var scope = NewDisposeScope();
        var options = new AdapterOptions
        {
            Rank = 3, Alpha = 4, RankStabilized = golden.GetProperty("rankStabilized").GetBoolean(), WeightDecomposed = golden.GetProperty("decomposed").GetBoolean(),
        };
        var values = AdapterGolden.Draw(1, [6, 10]);
        using var weight = golden.GetProperty("quantized").GetBoolean()
            ? new Weight("layer.weight", Nf4Matrix.Quantize(values))
            : new Weight("layer.weight", values);
        var magnitude = options.WeightDecomposed ? AdapterGolden.Draw(5, [6]).add(1f) : null;
        using var pair = new LoraPair(weight, AdapterGolden.Draw(3, [3, 10]), AdapterGolden.Draw(4, [6, 3]), options, magnitude);
        foreach (var part in pair.Weights) part.Value.requires_grad_(true);
        var x = AdapterGolden.Draw(2, [4, 10], 1).requires_grad_(true);

        var y = new Linear(weight) { Adapter = pair }.Forward(x, null);
        AutogradGraph.Backward(y.mul(AdapterGolden.Draw(6, [4, 6], 1)).sum());

        AdapterGolden.AssertNear(golden.Numbers("y"), y, Tolerance);
        AdapterGolden.AssertNear(golden.Numbers("dx"), x.grad!, Tolerance);
        AdapterGolden.AssertNear(golden.Numbers("da"), pair.A.Value.grad!, Tolerance);
        AdapterGolden.AssertNear(golden.Numbers("db"), pair.B.Value.grad!, Tolerance);
        if (pair.Magnitude is not null) AdapterGolden.AssertNear(golden.Numbers("dm"), pair.Magnitude.Value.grad!, Tolerance);
        var expanded = weight.Quantized?.Expand(0, 6, ScalarType.Float32) ?? weight.Value;
        AdapterGolden.AssertNear(golden.Numbers("merged"), pair.Merge(expanded), Tolerance);
    }
}
