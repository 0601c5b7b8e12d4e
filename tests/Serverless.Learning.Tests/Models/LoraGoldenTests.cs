using System.Text.Json;
using Serverless.Learning.Adapters;
using Serverless.Learning.Kernels;
using Serverless.Learning.Models;
using Serverless.Learning.Native;
using Serverless.Learning.Tests.Formats;
using Serverless.Learning.Tests.Native;
using Serverless.Learning.Training;
using TorchSharp;

namespace Serverless.Learning.Tests.Models;

/// <summary>Twenty steps of LoRA by the product's own loop against the same run in families_golden.py, from the same weights.</summary>
[Collection(NativeState.Collection)]
public sealed class LoraGoldenTests : IDisposable
{
    // Adam divides by the size of each gradient, so float32's rounding of a gradient next to zero moves its weight by a share of a whole step
    // of 0.01; over twenty steps that shows in the fourth digit of a loss.
    private const double Tolerance = 1e-3;

    private readonly TemporaryFolder folder = new();

    [Theory]
    [InlineData("llama", KernelPath.Fused)]
    [InlineData("mistral", KernelPath.Plain)]
    [InlineData("mistral", KernelPath.Fused)]
    [InlineData("qwen2", KernelPath.Plain)]
    [InlineData("qwen2", KernelPath.Fused)]
    [InlineData("qwen3", KernelPath.Fused)]
    [InlineData("phi3", KernelPath.Fused)]
    [InlineData("gemma2", KernelPath.Fused)]
    [InlineData("gemma3", KernelPath.Fused)]
    public void Twenty_steps_of_LoRA_have_the_losses_of_plain_PyTorch(string family, KernelPath path)
    {
        NativeRuntime.EnsureLoaded();
        var before = NativeRuntime.KernelPath;
        NativeRuntime.KernelPath = path;
        try
        {
            var expected = FamilyGolden.LoraRun(family).GetProperty("losses").Deserialize<double[]>()!;
            var found = Run(family, expected.Length);
            Assert.True(expected[^1] < expected[0] - 1, "The reference has learned nothing, so nothing is compared.");
            for (var step = 0; step < expected.Length; step++)
                Assert.True(Math.Abs(expected[step] - found[step]) <= Tolerance, $"step {step + 1}: {found[step]} instead of {expected[step]}");
        }
        finally
        {
            NativeRuntime.KernelPath = before;
        }
    }

    public void Dispose() => folder.Dispose();

    private List<double> Run(string family, int steps)
    {
        using var scope = torch.NewDisposeScope();
        var golden = FamilyGolden.LoraRun(family);
        var options = new AdapterOptions { Rank = golden.GetProperty("rank").GetInt32(), Alpha = golden.GetProperty("alpha").GetDouble() };
        var shapes = FamilyGolden.Shapes(family);
        var tensors = new Dictionary<string, torch.Tensor>();
        var products = golden.GetProperty("products").Deserialize<string[]>()!;
        for (var number = 0; number < products.Length; number++)
        {
            var (outputs, inputs) = (shapes[products[number] + ".weight"][0], shapes[products[number] + ".weight"][1]);
            tensors[products[number] + ".lora_A"] = FamilyGolden.Draw(500 + number, [options.Rank, inputs], 1 / Math.Sqrt(inputs));
            tensors[products[number] + ".lora_B"] = torch.zeros(outputs, options.Rank);
        }

        using var decoder = Decoder.Load(FamilyGolden.Write(folder, family));
        using var adapter = LoraAdapter.Wrap(decoder, options, tensors);
        using var parameters = new FlatParameters(adapter.Weights);
        using var optimiser = new AdamW(parameters, golden.GetProperty("decay").GetDouble(), beta2: 0.99);
        // Two steps of warm-up, then the peak to the end.
        var schedule = new LearningRateSchedule(golden.GetProperty("peak").GetDouble(), 2, steps, DecayFraction: 1.0 / steps);
        var loop = new TrainingLoop(decoder, parameters, optimiser, schedule, new CrossEntropyObjective(new GoldenBatches(steps), []), new LoopSettings(1.0, 0, Dropout: false));
        return Enumerable.Range(0, steps).Select(_ => loop.TrainStep().Loss!.Value).ToList();
    }

    /// <summary>Two sequences of 16 tokens a step, six in turn.</summary>
    private sealed class GoldenBatches(int steps) : IBatchSource
    {
        public int TotalSteps => steps;

        public double StepsPerEpoch => 3;

        public IReadOnlyList<MicroBatch> BatchOf(int step)
        {
            var rows = Enumerable.Range(0, 2).Select(row => FamilyGolden.Sequence(2 * step % 6 + row, 16)).ToList();
            return
            [
                new MicroBatch
                {
                    Rows = 2, Time = 16, Ids = rows.SelectMany(ids => ids).ToArray(), Targets = rows.SelectMany(ids => ids[1..].Append(-1)).ToArray(),
                },
            ];
        }
    }
}
