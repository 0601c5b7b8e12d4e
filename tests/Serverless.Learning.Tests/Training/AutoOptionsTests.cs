using Serverless.Learning.Adapters;
using Serverless.Learning.Training;

namespace Serverless.Learning.Tests.Training;

public sealed class AutoOptionsTests : IDisposable
{
    private readonly LoadedTinyModel tiny = new();

    [Theory]
    [InlineData(AdapterKind.Full, TrainingMethod.Supervised, 0.5)]
    [InlineData(AdapterKind.Full, TrainingMethod.Pretraining, 0.1)]
    [InlineData(AdapterKind.Full, TrainingMethod.Preference, 0.01)]
    [InlineData(AdapterKind.Lora, TrainingMethod.Supervised, 0.01)]
    [InlineData(AdapterKind.Qlora, TrainingMethod.Pretraining, 0.01)]
    public void Weights_decay_strongly_only_where_all_of_them_learn_answers_again_and_again(AdapterKind kind, TrainingMethod method, double expected) =>
        Assert.Equal(expected, Resolve(new RequestedOptions { Adapter = new AdapterOptions { Kind = kind }, Method = method }, 1000).WeightDecay);

    [Fact]
    public void Weights_that_see_each_example_once_hardly_decay() =>
        Assert.Equal(0.01, Resolve(new RequestedOptions { Adapter = new AdapterOptions { Kind = AdapterKind.Full }, Epochs = 1 }, 1000).WeightDecay);

    [Fact]
    public void A_weight_decay_that_was_asked_for_stays_also_when_it_is_zero() =>
        Assert.Equal(0, Resolve(new RequestedOptions { WeightDecay = 0 }, 1000).WeightDecay);

    [Theory]
    [InlineData(50, 10)]
    [InlineData(1_000, 5)]
    [InlineData(100_000, 3)]
    public void Small_sets_are_read_more_often(int examples, int epochs) => Assert.Equal(epochs, Resolve(new RequestedOptions(), examples).Epochs);

    [Theory]
    [InlineData(AdapterKind.Full, 32, 1e-3)]
    [InlineData(AdapterKind.Full, 256, 1e-3)]
    [InlineData(AdapterKind.Full, 512, 5e-4)]
    [InlineData(AdapterKind.Full, 4096, 6.25e-5)]
    [InlineData(AdapterKind.Lora, 32, 2e-3)]
    [InlineData(AdapterKind.Lora, 256, 2e-3)]
    [InlineData(AdapterKind.Lora, 1024, 5e-4)]
    [InlineData(AdapterKind.Qlora, 4096, 1.25e-4)]
    [InlineData(AdapterKind.Lora, 8192, 1e-4)]
    public void The_learning_rate_falls_with_the_width(AdapterKind kind, int width, double expected) =>
        Assert.Equal(expected, Resolve(new RequestedOptions { Adapter = new AdapterOptions { Kind = kind } }, 1000, width).LearningRate, 1e-12);

    [Theory]
    [InlineData(AdapterKind.Full, TrainingMethod.Preference, 2.5e-5)]
    [InlineData(AdapterKind.Lora, TrainingMethod.Preference, 1e-4)]
    [InlineData(AdapterKind.Full, TrainingMethod.Pretraining, 5e-4)]
    [InlineData(AdapterKind.Lora, TrainingMethod.Pretraining, 1e-3)]
    [InlineData(AdapterKind.Full, TrainingMethod.Reinforcement, 5e-5)]
    [InlineData(AdapterKind.Lora, TrainingMethod.Reinforcement, 1e-4)]
    public void The_learning_rate_depends_on_the_method(AdapterKind kind, TrainingMethod method, double expected)
    {
        var asked = new RequestedOptions { Adapter = new AdapterOptions { Kind = kind }, Method = method };
        Assert.Equal(expected, Resolve(asked, 1000, 256).LearningRate, 1e-12);
        Assert.Equal(3 * expected, Resolve(asked with { LearningRateMultiplier = 3 }, 1000, 256).LearningRate, 1e-12);
        Assert.Equal(0.01, Resolve(asked with { LearningRateMultiplier = 3, LearningRate = 0.01 }, 1000, 256).LearningRate);
    }

    [Theory]
    [InlineData(10, 4)]
    [InlineData(799, 4)]
    [InlineData(800, 8)]
    [InlineData(1_600, 16)]
    [InlineData(3_200, 32)]
    [InlineData(1_000_000, 32)]
    public void Batches_grow_with_the_number_of_examples(int examples, int batch) => Assert.Equal(batch, Resolve(new RequestedOptions(), examples).BatchSize);

    [Theory]
    [InlineData(8, AdapterKind.Full)]
    [InlineData(6_000, AdapterKind.Lora)]
    public void Small_models_train_in_full_and_larger_ones_by_adapters(int layers, AdapterKind expected)
    {
        using var model = tiny.Load();
        Assert.Equal(expected, AutoOptions.Resolve(new RequestedOptions(), model.Decoder.Config with { Layers = layers }, 1000, seed: 1).Adapter.Kind);
    }

    public void Dispose() => tiny.Dispose();

    private TrainingOptions Resolve(RequestedOptions requested, int examples, int width = 32)
    {
        using var model = tiny.Load();
        return AutoOptions.Resolve(requested, model.Decoder.Config with { Width = width }, examples, seed: 1);
    }
}
