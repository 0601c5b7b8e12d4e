using System.Text.Json;
using Serverless.Learning.Adapters;
using Serverless.Learning.Data;
using Serverless.Learning.Formats;
using Serverless.Learning.Models;
using Serverless.Learning.Models.Positions;
using Serverless.Learning.Pretraining;
using Serverless.Learning.Text;
using Serverless.Learning.Training;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Adapters;

/// <summary>Twenty steps of the trainer against adapter_training_golden.py: plain PyTorch in float64, from the same weights and adapters.</summary>
public sealed class AdapterTrainingGoldenTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    private const int Vocabulary = 64;

    // float32 against float64 over twenty steps of Adam, which divides small gradients by their own size: the generator itself in float32
    // differs by up to 6e-5 from itself in float64.
    private const double Tolerance = 5e-4;

    [Fact]
    public void Losses_of_twenty_steps_are_those_of_plain_PyTorch()
    {
        using var golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Adapters", "adapter-training-golden.json")));
        Assert.Equal(5, golden.RootElement.GetArrayLength());
        foreach (var run in golden.RootElement.EnumerateArray())
        {
            using var scope = NewDisposeScope();
            var folder = WriteModel(Path.Combine(tiny.Folder, Guid.NewGuid().ToString("N")));
            using var trainer = Start(folder, new AdapterOptions
            {
                Kind = Enum.Parse<AdapterKind>(run.GetProperty("kind").GetString()!), Rank = 4, Alpha = 8,
                RankStabilized = run.GetProperty("rankStabilized").GetBoolean(), WeightDecomposed = run.GetProperty("decomposed").GetBoolean(),
            });
            var wanted = run.GetProperty("losses").Deserialize<double[]>()!;
            var found = Enumerable.Range(0, 20).Select(_ => trainer.TrainStep().Loss!.Value).ToArray();
            Assert.True(wanted[^1] < wanted[0] / 2, "the golden run learned nothing");
            for (var step = 0; step < 20; step++)
                Assert.True(Math.Abs(wanted[step] - found[step]) < Tolerance, $"{trainer.Options.Adapter}, step {step + 1}: found {found[step]}, golden {wanted[step]}");
        }
    }

    private static Tensor Draw(int number, long[] shape, double size)
    {
        var count = (int)shape.Aggregate(1L, (product, length) => product * length);
        return tensor(Enumerable.Range(0, count).Select(i =>
            (float)(size * (1 + 0.5 * Math.Sin(0.011 * i)) * Math.Sin(0.7 * i + 0.00037 * i * (double)i + number))).ToArray(), shape);
    }

    /// <summary>The tiny model's text parts around a decoder of known weights.</summary>
    private string WriteModel(string folder)
    {
        var tokenizer = Tokenizer.Load(Path.Combine(tiny.Folder, "tokenizer.json"));
        var config = new DecoderConfig
        {
            VocabularySize = Vocabulary, Width = 32, InnerWidth = 48, Layers = 2, Heads = 4, KeyValueHeads = 2, HeadSize = 8, NormEpsilon = 1e-6,
            Rotary = new RotarySettings(10000, 8), MaxLength = 32, TiedHead = true, EndIds = [0],
        };
        var number = 0;
        using var decoder = new Decoder(config, config.WeightShapes().ToDictionary(entry => entry.Key, entry => entry.Value.Length == 1
            ? ones(entry.Value)
            : Draw(number, entry.Value, number++ == 0 ? 0.5 : 0.3)));
        PretrainedFolder.Write(folder, config, tokenizer, decoder.Weights);
        File.Copy(Path.Combine(tiny.Folder, "tokenizer.json"), Path.Combine(folder, "tokenizer.json"));
        return folder;
    }

    /// <summary>A trainer at its first step, with A as drawn by the formula.</summary>
    private static Trainer Start(string folder, AdapterOptions adapter)
    {
        var examples = Enumerable.Range(0, 8).Select(e => new TrainingSequence(
            [.. Enumerable.Range(0, 12).Select(t => (7 * e + 3 * t * t + t) % Vocabulary)], [.. Enumerable.Range(0, 12).Select(t => t >= 6)], e + 1)).ToList();
        var trainer = new Trainer(LanguageModel.Load(folder, storage: adapter.Kind == AdapterKind.Qlora ? MatrixStorage.Nf4 : MatrixStorage.Float32), new SupervisedTask(examples, []), new TrainingOptions
        {
            Adapter = adapter, Epochs = 20, BatchSize = 8, LearningRate = 0.01, WarmupFraction = 0.1, MaxSequenceLength = 32, Seed = 1,
        });
        var checkpoint = Path.Combine(folder, "checkpoint");
        trainer.Save(checkpoint);
        var weights = new List<KeyValuePair<string, Tensor>>();
        using (var stored = SafetensorsFile.Open(Path.Combine(checkpoint, "weights.safetensors")))
        {
            // The golden run counts on from its fourteen matrices and the embedding, layer by layer.
            var paths = trainer.Model.Decoder.Linears.Select(linear => linear.Path + ".lora_A").ToList();
            weights.AddRange(stored.Tensors.Keys.Select(name => KeyValuePair.Create(name, paths.IndexOf(name) is >= 0 and var at
                ? Draw(15 + at, stored.Tensors[name].Shape.ToArray(), 0.2)
                : stored.Read(name))));
        }
        SafetensorsWriter.Write(Path.Combine(checkpoint, "weights.safetensors"), weights);
        trainer.Restore(checkpoint);
        return trainer;
    }
}
