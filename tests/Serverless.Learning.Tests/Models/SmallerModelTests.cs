using System.Text.Json.Nodes;
using Serverless.Learning.Models;
using TorchSharp;

namespace Serverless.Learning.Tests.Models;

public sealed class SmallerModelTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    /// <summary>256 bytes and three special ones, of the 297 tokens that the tiny model has.</summary>
    private const int LeastTokens = 259;

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
        SmallerModel.Write(tiny.Folder, target, 1);
        using var small = LanguageModel.Load(target);
        using var whole = tiny.Load();
        Assert.Equal(1, small.Decoder.Config.Layers);
        Assert.Equal(whole.Decoder.Weights.Select(weight => weight.Name).Where(name => !name.Contains("layers.1.", StringComparison.Ordinal)), small.Decoder.Weights.Select(weight => weight.Name));
        foreach (var (weight, original) in small.Decoder.Weights.Join(whole.Decoder.Weights, weight => weight.Name, weight => weight.Name, (left, right) => (left, right)))
            Assert.True(weight.Value.equal(original.Value).all().ToBoolean(), weight.Name);
        // Once more, in place of the first.
        SmallerModel.Write(tiny.Folder, target, 1);
        Assert.Empty(Directory.GetDirectories(tiny.Folder, "*.tmp"));
    }

    [Fact]
    public void A_smaller_vocabulary_keeps_the_rows_of_its_tokens_and_writes_the_same_text_with_more_of_them()
    {
        const string text = "the parcel has not arrived";
        const int tokens = 280;
        var target = Path.Combine(tiny.Folder, "few-tokens");
        SmallerModel.Write(tiny.Folder, target, 2, tokens);
        using var small = LanguageModel.Load(target);
        using var whole = tiny.Load();
        Assert.Equal((tokens, tokens), (small.Decoder.Config.VocabularySize, small.Tokenizer.VocabularySize));
        Assert.True(small.Decoder.Head.Value.equal(whole.Decoder.Head.Value.narrow(0, 0, tokens)).all().ToBoolean());
        var (few, many) = (whole.Tokenizer.Encode(text), small.Tokenizer.Encode(text));
        Assert.True(many.Length > few.Length, $"{many.Length} tokens against {few.Length}");
        Assert.Equal(text, small.Tokenizer.Decode(many));
        Assert.Equal(whole.Tokenizer.IdOf("<|im_end|>"), small.Tokenizer.IdOf("<|im_end|>"));
    }

    [Fact]
    public void All_tokens_may_stay()
    {
        var target = Path.Combine(tiny.Folder, "all-tokens");
        SmallerModel.Write(tiny.Folder, target, 2, 297);
        Assert.True(JsonNode.DeepEquals(JsonOf(tiny.Folder), JsonOf(target)));

        static JsonNode? JsonOf(string folder) => JsonNode.Parse(File.ReadAllBytes(Path.Combine(folder, "tokenizer.json")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void A_number_of_layers_that_leaves_nothing_or_that_the_source_has_not_is_refused(int layers) => Assert.Equal(
        $"layers: found {layers}; allowed: 1 to 2, as {Path.GetFileName(tiny.Folder)} has",
        Assert.Throws<InputError>(() => SmallerModel.Write(tiny.Folder, Path.Combine(tiny.Folder, "none"), layers)).Message);

    [Theory]
    [InlineData(LeastTokens - 1)]
    [InlineData(298)]
    public void A_vocabulary_without_all_characters_or_larger_than_the_source_s_is_refused(int tokens) => Assert.Equal(
        $"vocabulary: found {tokens}; allowed: {LeastTokens} (characters and added tokens) to 297 (all)",
        Assert.Throws<InputError>(() => SmallerModel.Write(tiny.Folder, Path.Combine(tiny.Folder, "none"), 1, tokens)).Message);
}
