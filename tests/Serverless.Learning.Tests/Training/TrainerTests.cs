using System.Security.Cryptography;
using Serverless.Learning.Adapters;
using Serverless.Learning.Training;
using TorchSharp;

namespace Serverless.Learning.Tests.Training;

public sealed class TrainerTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    [Theory]
    [InlineData(AdapterKind.Full)]
    [InlineData(AdapterKind.Lora)]
    public void Chunks_of_one_seven_and_all_steps_end_with_the_same_bytes(AdapterKind kind)
    {
        var whole = WeightsAfterChunksOf(int.MaxValue, kind);
        Assert.Equal(whole, WeightsAfterChunksOf(1, kind));
        Assert.Equal(whole, WeightsAfterChunksOf(7, kind));
    }

    [Fact]
    public void Another_seed_ends_with_other_bytes() =>
        Assert.NotEqual(WeightsAfterChunksOf(int.MaxValue, AdapterKind.Lora, 1), WeightsAfterChunksOf(int.MaxValue, AdapterKind.Lora, 2));

    [Theory]
    [InlineData(AdapterKind.Full, 3e-3, 0.7)]
    [InlineData(AdapterKind.Lora, 2e-2, 0.95)] // an adapter on random weights can bend little: the embedding stays random
    public void Training_lowers_the_loss_and_raises_the_accuracy(AdapterKind kind, double rate, double share)
    {
        using var trainer = Start(Options(kind) with { LearningRate = rate, Epochs = 12 });
        var first = trainer.TrainStep();
        var last = first;
        while (trainer.Step < trainer.TotalSteps) last = trainer.TrainStep();
        Assert.True(last.Loss < first.Loss * share, $"loss {first.Loss:F3} -> {last.Loss:F3}");
        Assert.True(last.Accuracy > first.Accuracy, $"accuracy {first.Accuracy:F3} -> {last.Accuracy:F3}");
    }

    [Fact]
    public void An_adapter_leaves_the_base_weights_as_they_were()
    {
        using var model = tiny.Load();
        using var before = model.Decoder.Weights.First(weight => weight.Name.EndsWith("q_proj.weight", StringComparison.Ordinal)).Value.clone();
        using var trainer = Start(Options(AdapterKind.Lora));
        while (trainer.Step < trainer.TotalSteps) trainer.TrainStep();
        var after = trainer.Model.Decoder.Weights.First(weight => weight.Name.EndsWith("q_proj.weight", StringComparison.Ordinal)).Value;
        Assert.True(before.equal(after).all().item<bool>());
    }

    [Fact]
    public void Live_tensors_do_not_grow_over_many_steps()
    {
        using var trainer = Start(Options(AdapterKind.Lora) with { Epochs = 20 });
        for (var step = 0; step < 5; step++) trainer.TrainStep();
        var before = torch.Tensor.TotalCount;
        for (var step = 0; step < 40; step++) trainer.TrainStep();
        // Fewer are possible: what other tests left to finalizers goes meanwhile. A leak would add at least one a step.
        Assert.InRange(torch.Tensor.TotalCount, 0, before);
    }

    [Fact]
    public void Options_out_of_range_are_all_named_in_one_message()
    {
        var fault = Assert.Throws<InputError>(() => (Options(AdapterKind.Lora) with { Epochs = 51, BatchSize = 0 }).Validate());
        Assert.Equal("n_epochs: found 51; allowed: 1 to 50\nbatch_size: found 0; allowed: 1 to 256", fault.Message);
    }

    private static TrainingOptions Options(AdapterKind kind, long seed = 1) => new()
    {
        Adapter = new AdapterOptions { Kind = kind, Rank = 4, Alpha = 8, Dropout = kind == AdapterKind.Lora ? 0.1 : 0 },
        Epochs = 3, BatchSize = 4, LearningRate = 1e-3, MaxSequenceLength = 128, Seed = seed,
    };

    private Trainer Start(TrainingOptions options)
    {
        var model = tiny.Load();
        return new Trainer(model, new SupervisedTask(LoadedTinyModel.Sequences(model, 18), []), options);
    }

    /// <summary>Trains in chunks, each a trainer of its own that restores the checkpoint of the one before; the hash of the last weights.</summary>
    private string WeightsAfterChunksOf(int steps, AdapterKind kind, long seed = 1)
    {
        var folder = Path.Combine(tiny.Folder, Guid.NewGuid().ToString("N"));
        for (var done = false; !done;)
        {
            using var trainer = Start(Options(kind, seed));
            if (Directory.Exists(folder)) trainer.Restore(folder);
            for (var step = 0; step < steps && trainer.Step < trainer.TotalSteps; step++) trainer.TrainStep();
            trainer.Save(folder);
            done = trainer.Step == trainer.TotalSteps;
        }
        return Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, "weights.safetensors"))));
    }
}
