using System.Runtime.InteropServices;
using System.Text.Json;
using Serverless.Learning.Models;
using Serverless.Learning.Models.Positions;
using Serverless.Learning.Native;
using Serverless.Learning.Pretraining;
using Serverless.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Training;

/// <summary>The cases of objectives_golden.py: hidden states and head given by a formula, six answers, and what plain PyTorch makes of them.</summary>
internal sealed class ObjectiveGolden : IDisposable
{
    public const int Vocabulary = 11, Width = 6;
    public static readonly int[] Lengths = [3, 2, 4, 1, 2, 5];

    // float32 against float64: about twenty terms of size one each.
    private const double Tolerance = 2e-6;

    private readonly DisposeScope scope;

    public ObjectiveGolden()
    {
        NativeRuntime.EnsureLoaded();
        scope = NewDisposeScope();
        var config = new DecoderConfig
        {
            VocabularySize = Vocabulary, Width = Width, InnerWidth = 4, Layers = 1, Heads = 1, KeyValueHeads = 1, HeadSize = Width, NormEpsilon = 1e-6,
            Rotary = new RotarySettings(10000, Width), MaxLength = 32, TiedHead = true,
        };
        Decoder = new Decoder(config, InitialWeights.Draw(config, 1));
        Decoder.Head.Replace(Draw(2, Vocabulary, Width).requires_grad_().DetachFromDisposeScope());
        Hidden = Draw(1, Lengths.Sum(), Width).requires_grad_();
    }

    public Decoder Decoder { get; }

    public Tensor Hidden { get; }

    /// <summary>All answers in one row.</summary>
    public static MicroBatch Batch { get; } = new()
    {
        Rows = 1,
        Time = Lengths.Sum(),
        Ids = new int[Lengths.Sum()],
        Targets = [.. Enumerable.Range(0, Lengths.Sum()).Select(place => (5 * place + 3) % Vocabulary)],
        Positions = new int[Lengths.Sum()],
        Examples = [.. Lengths.SelectMany((length, answer) => Enumerable.Repeat(answer, length))],
    };

    /// <summary>Tensor number n, element i: 0.8 sin(0.7 i + n).</summary>
    public static double Number(int number, int i) => 0.8 * Math.Sin(0.7 * i + number);

    /// <summary>Compares the objective's loss and gradients with a case.</summary>
    public StepReport Check(IObjective objective, string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Training", "objectives-golden.json")));
        var expected = document.RootElement.GetProperty(name);
        var report = new StepReport([Batch]);
        objective.ShareOf(Decoder, Hidden, Batch, report).backward();
        Assert.Equal(expected.GetProperty("loss").GetDouble(), report.Loss, Tolerance);
        AssertNear(expected.GetProperty("hidden"), Hidden.grad!);
        AssertNear(expected.GetProperty("weight"), Decoder.Head.Value.grad!);
        return report;
    }

    public void Dispose()
    {
        Decoder.Dispose();
        scope.Dispose();
    }

    private static Tensor Draw(int number, int rows, int columns) =>
        tensor(Enumerable.Range(0, rows * columns).Select(i => (float)Number(number, i)).ToArray()).view(rows, columns);

    private static void AssertNear(JsonElement expected, Tensor found)
    {
        var values = MemoryMarshal.Cast<byte, float>(found.contiguous().bytes).ToArray();
        Assert.Equal(expected.GetArrayLength(), values.Length);
        Assert.Contains(values, value => Math.Abs(value) > 1e-3);
        foreach (var (value, place) in expected.EnumerateArray().Zip(values)) Assert.Equal(value.GetDouble(), place, Tolerance);
    }
}
