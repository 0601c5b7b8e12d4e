using System.Security.Cryptography;
using Serverless.Learning.Adapters;
using Serverless.Learning.Models;
using Serverless.Learning.Training;
using TorchSharp;

namespace Serverless.Learning.Tests.Training;

/// <summary>Adapters that train over one base, whose weights are in memory once.</summary>
public sealed class SharedBaseTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    [Theory]
    [InlineData(AdapterKind.Lora, false)]
    [InlineData(AdapterKind.Lora, true)]
    [InlineData(AdapterKind.Qlora, false)]
    [InlineData(AdapterKind.Qlora, true)]
    public void Runs_one_after_another_over_one_base_end_with_the_bytes_of_a_run_over_its_own(AdapterKind kind, bool decomposed)
    {
        var options = Options(kind, decomposed);
        var alone = WeightsOf(tiny.Load(kind), options);
        using var shared = tiny.Load(kind);
        Assert.Equal(alone, WeightsOf(shared.Beside(), options));
        // Whatever the first run has left behind.
        Assert.NotEqual(alone, WeightsOf(shared.Beside(), options with { Seed = 2 }));
        Assert.Equal(alone, WeightsOf(shared.Beside(), options));
    }

    [Fact]
    public void Runs_at_the_same_time_over_one_base_do_not_see_each_other()
    {
        var options = Options(AdapterKind.Lora);
        var alone = WeightsOf(tiny.Load(), options);
        using var shared = tiny.Load();
        using var first = Trainer(shared.Beside(), options);
        using var second = Trainer(shared.Beside(), options with { LearningRate = 0.1 });
        while (first.Step < first.TotalSteps)
        {
            first.TrainStep();
            second.TrainStep();
        }
        Assert.Equal(alone, Saved(first));
        Assert.NotEqual(alone, Saved(second));
    }

    [Fact]
    public void No_tensor_is_left_of_a_run_over_a_shared_base()
    {
        using var shared = tiny.Load();
        WeightsOf(shared.Beside(), Options(AdapterKind.Lora)); // what is computed once for all
        var before = torch.Tensor.TotalCount;
        for (var run = 0; run < 3; run++)
            WeightsOf(shared.Beside(), Options(AdapterKind.Lora));
        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    [Fact]
    public void A_run_that_would_change_a_base_of_others_does_not_begin()
    {
        using var shared = tiny.Load();
        using var beside = shared.Beside();
        var task = new SupervisedTask(LoadedTinyModel.Sequences(shared, 12), []);
        var fault = Assert.Throws<ArgumentException>(() => new Trainer(beside, task, Options(AdapterKind.Full)));
        Assert.StartsWith("all weights train, and they are another model's as well", fault.Message, StringComparison.Ordinal);
        Assert.Equal("model.layers.0.self_attn.q_proj.weight is another decoder's as well", Assert.Throws<InvalidOperationException>(beside.Decoder.QuantizeLinears).Message);
    }

    private static TrainingOptions Options(AdapterKind kind, bool decomposed = false) => new()
    {
        Adapter = new AdapterOptions { Kind = kind, Rank = 4, Dropout = 0.1, WeightDecomposed = decomposed },
        Epochs = 2, BatchSize = 4, LearningRate = 0.02, MaxSequenceLength = 64, Seed = 1,
    };

    private static Trainer Trainer(LanguageModel model, TrainingOptions options) => new(model, new SupervisedTask(LoadedTinyModel.Sequences(model, 12), []), options);

    private static string WeightsOf(LanguageModel model, TrainingOptions options)
    {
        using var trainer = Trainer(model, options);
        while (trainer.Step < trainer.TotalSteps) trainer.TrainStep();
        return Saved(trainer);
    }

    /// <summary>The hash of what a checkpoint holds of weights and optimiser.</summary>
    private static string Saved(Trainer trainer)
    {
        var folder = Directory.CreateTempSubdirectory("shared-base-").FullName;
        trainer.Save(folder);
        var hash = string.Concat(Directory.EnumerateFiles(folder, "*.safetensors").Order(StringComparer.Ordinal)
            .Select(file => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))));
        Directory.Delete(folder, recursive: true);
        return hash;
    }
}
