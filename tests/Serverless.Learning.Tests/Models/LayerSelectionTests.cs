using Serverless.Learning.Models;
using TorchSharp;

namespace Serverless.Learning.Tests.Models;

public sealed class LayerSelectionTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    [Theory]
    [InlineData(7, 1, new[] { 0 })]
    [InlineData(7, 2, new[] { 0, 6 })]
    [InlineData(7, 3, new[] { 0, 3, 6 })]
    [InlineData(12, 6, new[] { 0, 2, 4, 7, 9, 11 })]
    public void The_first_and_the_last_layer_stay_and_others_at_even_distances(int of, int layers, int[] kept) => Assert.Equal(kept, LayerSelection.Kept(of, layers));

    [Fact]
    public void The_smaller_model_has_the_weights_of_its_layers_and_can_be_run()
    {
        var target = Path.Combine(tiny.Folder, "one-layer");
        LayerSelection.Write(tiny.Folder, target, 1);
        using var small = LanguageModel.Load(target);
        using var whole = tiny.Load();
        Assert.Equal(1, small.Decoder.Config.Layers);
        Assert.Equal(whole.Decoder.Weights.Select(weight => weight.Name).Where(name => !name.Contains("layers.1.", StringComparison.Ordinal)), small.Decoder.Weights.Select(weight => weight.Name));
        foreach (var (weight, original) in small.Decoder.Weights.Join(whole.Decoder.Weights, weight => weight.Name, weight => weight.Name, (left, right) => (left, right)))
            Assert.True(weight.Value.equal(original.Value).all().ToBoolean(), weight.Name);
        // Once more, in place of the first.
        LayerSelection.Write(tiny.Folder, target, 1);
        Assert.Empty(Directory.GetDirectories(tiny.Folder, "*.tmp"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_number_of_layers_that_leaves_nothing_or_everything_is_refused(int layers) => Assert.Equal(
        $"layers: found {layers}; allowed: 1 to 1, of the 2 of {Path.GetFileName(tiny.Folder)}",
        Assert.Throws<InputError>(() => LayerSelection.Write(tiny.Folder, Path.Combine(tiny.Folder, "none"), layers)).Message);
}
