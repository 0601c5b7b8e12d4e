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

    public void Dispose() => tiny.Dispose();

    private TrainingOptions Resolve(RequestedOptions requested, int examples)
    {
        using var model = tiny.Load();
        return AutoOptions.Resolve(requested, model.Decoder.Config, examples, seed: 1);
    }
}
