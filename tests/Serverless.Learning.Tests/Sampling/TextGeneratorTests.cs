using Serverless.Learning.Models;
using Serverless.Learning.Sampling;
using TorchSharp;

namespace Serverless.Learning.Tests.Sampling;

public sealed class TextGeneratorTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    private static readonly int[][] Prompts = [[10, 20, 30], [7], [40, 50, 60, 70, 80, 90, 100]];

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.8)]
    public void A_batched_answer_equals_the_one_generated_alone(double temperature)
    {
        using var model = tiny.Load();
        var generator = new TextGenerator(model);
        var options = new SamplingOptions { MaxTokens = 12, Temperature = temperature, Seed = 3 };
        var batched = generator.Generate(Prompts, options, default);
        for (var index = 0; index < Prompts.Length; index++)
            Assert.Equal(generator.Generate([Prompts[index]], options with { Choice = index }, default)[0].Ids, batched[index].Ids);
    }

    [Fact]
    public void A_streamed_answer_equals_the_one_returned_whole()
    {
        using var model = tiny.Load();
        var generator = new TextGenerator(model);
        var options = new SamplingOptions { MaxTokens = 20, Temperature = 0.9, Seed = 5 };
        var pieces = generator.Stream(Prompts[0], options, default).ToList();
        var whole = generator.Generate([Prompts[0]], options, default)[0];
        Assert.Equal(whole.Text, string.Concat(pieces.Select(piece => piece.Text)));
        Assert.Equal(whole.Finish, pieces[^1].Finish);
    }

    [Fact]
    public void The_cache_gives_the_logits_of_reading_everything_again()
    {
        using var model = tiny.Load();
        var ids = new TextGenerator(model).Generate([Prompts[2]], SamplingOptions.Greedy(10), default)[0].Ids;
        int[] all = [.. Prompts[2], .. ids];
        for (var length = Prompts[2].Length; length < all.Length; length++)
        {
            using var scope = torch.NewDisposeScope();
            using var noGradient = torch.no_grad();
            using var layout = SequenceLayout.Causal(model.Decoder.Rotary, 1, length);
            var logits = model.Decoder.Logits(model.Decoder.Hidden(all[..length], layout));
            Assert.Equal(all[length], logits[^1].argmax().item<long>());
        }
    }

    [Fact]
    public void A_prompt_that_fills_the_context_is_refused()
    {
        using var model = tiny.Load();
        var fault = Assert.Throws<InputError>(() => new TextGenerator(model).Generate([new int[128]], SamplingOptions.Greedy(1), default));
        Assert.Equal("messages: found 128 tokens; allowed: at most 127, the model's context less one token of answer", fault.Message);
    }
}
