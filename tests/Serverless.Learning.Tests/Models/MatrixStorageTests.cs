using Serverless.Learning.Adapters;
using Serverless.Learning.Models;
using Serverless.Learning.Training;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Models;

/// <summary>What a base that is loaded for QLoRA holds, from a file of bfloat16.</summary>
public sealed class MatrixStorageTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    [Fact]
    public void For_QLoRA_the_blocks_matrices_hold_four_bits_a_value_the_embedding_sixteen_and_norms_thirty_two()
    {
        using var model = tiny.Load(MatrixStorage.Nf4);
        var matrices = model.Decoder.Linears.Select(linear => linear.Weight).ToHashSet();
        Assert.Equal(2 * 7, matrices.Count);
        foreach (var weight in model.Decoder.Weights)
        {
            var values = weight.Shape.Aggregate(1L, (product, size) => product * size);
            var blocks = (values + 63) / 64;
            var wanted = matrices.Contains(weight) ? values / 2 + blocks + (blocks + 255) / 256 * sizeof(float) // codes, their scales, the scales' steps
                : weight.Shape.Length == 2 ? values * 2
                : values * sizeof(float);
            Assert.Equal((weight.Name, wanted), (weight.Name, weight.Quantized?.Bytes ?? values * weight.Value.element_size()));
        }
        Assert.Equal(ScalarType.BFloat16, model.Decoder.Head.Value.dtype);
    }

    [Theory]
    [InlineData(AdapterKind.Full, MatrixStorage.Float32)]
    [InlineData(AdapterKind.Lora, MatrixStorage.AsStored)]
    [InlineData(AdapterKind.Qlora, MatrixStorage.Nf4)]
    public void Only_what_trains_has_to_be_float32(AdapterKind kind, MatrixStorage storage) => Assert.Equal(storage, MatrixStorages.ForTraining(kind));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_embedding_as_stored_trains_as_the_same_values_in_float32(bool recomputes)
    {
        var wanted = Steps(tiny.Load(MatrixStorage.Float32), recomputes);
        var found = Steps(tiny.Load(MatrixStorage.Nf4), recomputes);
        Assert.True(wanted[^1].Loss < wanted[0].Loss, "nothing was learned");
        foreach (var (one, other) in wanted.Zip(found))
        {
            // Not to the bit: a product's last digit may depend on where in memory its factors begin.
            Assert.Equal(one.Loss!.Value, other.Loss!.Value, 1e-5);
            Assert.Equal(one.GradientNorm!.Value, other.GradientNorm!.Value, 1e-4 * one.GradientNorm.Value);
        }
    }

    /// <summary>Steps of a trainer, which rounds to NF4 what is not yet.</summary>
    private static List<StepMetrics> Steps(LanguageModel model, bool recomputes)
    {
        using var trainer = new Trainer(model, new SupervisedTask(LoadedTinyModel.Sequences(model, 16), []), new TrainingOptions
        {
            Adapter = new AdapterOptions { Kind = AdapterKind.Qlora, Rank = 4 }, Epochs = 5, BatchSize = 8, LearningRate = 0.01, WarmupFraction = 0.1,
            MaxSequenceLength = model.MaxLength, Seed = 1, GradientCheckpointing = recomputes,
        });
        return [.. Enumerable.Range(0, 5).Select(_ => trainer.TrainStep())];
    }
}
