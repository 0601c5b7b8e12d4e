using System.Text.Json;
using Serverless.Learning.Kernels;
using Serverless.Learning.Models;
using Serverless.Learning.Native;
using Serverless.Learning.Tests.Formats;
using Serverless.Learning.Tests.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Models;

/// <summary>Every family's decoder, loaded from a folder, against families_golden.py, on both kernel paths.</summary>
[Collection(NativeState.Collection)]
public sealed class DecoderGoldenTests : IDisposable
{
    // float32 against float64: sums of up to a hundred terms of about one through three layers and back, relative error a few 1e-6; the same
    // again for a value next to zero beside others of about one.
    private const double Tolerance = 5e-5;

    private readonly TemporaryFolder folder = new();

    public DecoderGoldenTests() => NativeRuntime.EnsureLoaded();

    public static TheoryData<string, KernelPath> Families()
    {
        var cases = new TheoryData<string, KernelPath>();
        foreach (var family in FamilyGolden.Names)
        {
            cases.Add(family, KernelPath.Plain);
            cases.Add(family, KernelPath.Fused);
        }
        return cases;
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Logits_loss_and_gradients_are_those_of_plain_PyTorch(string family, KernelPath path)
    {
        var before = NativeRuntime.KernelPath;
        NativeRuntime.KernelPath = path;
        try
        {
            Check(family);
        }
        finally
        {
            NativeRuntime.KernelPath = before;
        }
    }

    [Theory]
    [MemberData(nameof(FamilyNames))]
    public void Weights_have_the_names_shapes_and_order_of_the_family(string family)
    {
        var shapes = DecoderConfig.Load(FamilyGolden.Write(folder, family)).WeightShapes();
        Assert.Equal(FamilyGolden.Shapes(family).Select(Described), shapes.Select(Described));

        static string Described(KeyValuePair<string, long[]> shape) => $"{shape.Key} [{string.Join(", ", shape.Value)}]";
    }

    public static TheoryData<string> FamilyNames() => new(FamilyGolden.Names);

    public void Dispose() => folder.Dispose();

    private void Check(string family)
    {
        using var scope = NewDisposeScope();
        var golden = FamilyGolden.Of(family);
        var ids = golden.GetProperty("ids").Deserialize<int[]>()!;
        var targets = golden.GetProperty("targets").Deserialize<int[]>()!;
        using var decoder = Decoder.Load(FamilyGolden.Write(folder, family), golden.GetProperty("context").Deserialize<int?>());
        foreach (var weight in decoder.Weights) weight.Value.requires_grad_(true);
        using var layout = SequenceLayout.Causal(decoder.Rotary, 1, ids.Length);

        var hidden = decoder.Hidden(ids, layout);
        var last = decoder.Logits(hidden.detach())[-1].data<float>().ToArray();
        AssertClose("logits", golden.GetProperty("lastLogits").Deserialize<double[]>()!, last.Select(value => (double)value));

        var (loss, _) = decoder.Loss(hidden, targets, 1.0 / targets.Count(target => target >= 0));
        AssertClose("loss", [golden.GetProperty("loss").GetDouble()], [loss.item<float>()]);
        AutogradGraph.Backward(loss);
        foreach (var weight in decoder.Weights)
        {
            var norm = golden.GetProperty("gradientNorms").GetProperty(weight.Name).GetDouble();
            Assert.True(norm > 1e-6, $"{weight.Name}: a gradient of zero, nothing was compared");
            AssertClose($"gradient of {weight.Name}", [norm], [weight.Value.grad!.norm().item<float>()]);
            // A sum of many terms of both signs carries the terms' errors, so the norm sets the scale.
            var sum = golden.GetProperty("gradientSums").GetProperty(weight.Name).GetDouble();
            var error = Math.Abs(sum - weight.Value.grad!.sum().item<float>());
            Assert.True(error <= 10 * Tolerance * Math.Max(norm, Math.Abs(sum)), $"sum of the gradient of {weight.Name}: off by {error}");
        }
    }

    private static void AssertClose(string what, IEnumerable<double> expected, IEnumerable<double> found)
    {
        foreach (var (wanted, value) in expected.Zip(found))
            Assert.True(Math.Abs(wanted - value) <= Tolerance * (1 + Math.Abs(wanted)), $"{what}: {value} instead of {wanted}");
    }
}
