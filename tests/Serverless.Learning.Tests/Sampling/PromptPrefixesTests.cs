using Serverless.Learning.Adapters;
using Serverless.Learning.Models;
using Serverless.Learning.Sampling;
using TorchSharp;

namespace Serverless.Learning.Tests.Sampling;

public sealed class PromptPrefixesTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    private const long Plenty = 1 << 24;
    private static readonly int[] Opening = [.. Enumerable.Range(3, 30)];
    private static readonly int[] First = [.. Opening, 100, 101, 102];
    private static readonly int[] Second = [.. Opening, 200, 201, 202, 203, 204];

    [Fact]
    public void A_prompt_that_begins_like_one_before_is_read_from_where_they_part_and_answered_the_same()
    {
        using var model = tiny.Load();
        using var prefixes = new PromptPrefixes(Plenty);
        foreach (var (prompt, known) in new[] { (First, 0), (Second, 30), (First, 32), ([.. Second, 5, 6, 7], 35), (Second, 34), (Opening[..20], 19) })
        {
            foreach (var options in new[] { SamplingOptions.Greedy(25), new SamplingOptions { MaxTokens = 25, Seed = 8 } })
            {
                var expected = new TextGenerator(model).Generate([new(prompt, options)], 1, default)[0];
                var (found, cached) = Answer(model, prompt, options, options.Temperature == 0 ? prefixes : Copy(prefixes, model, prompt));
                Assert.Equal(expected.Ids, found.Ids);
                // Keys that were read beside others: float32 in another order of summation.
                Assert.All(expected.LogProbabilities.Zip(found.LogProbabilities), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
                Assert.Equal(options.Temperature == 0 ? known : prompt.Length - 1, cached);
            }
        }
    }

    [Fact]
    public void Several_answers_to_one_prompt_share_what_is_known_of_it()
    {
        using var model = tiny.Load();
        using var prefixes = new PromptPrefixes(Plenty);
        Answer(model, First, SamplingOptions.Greedy(1), prefixes);
        using var batch = new GenerationBatch(model, prefixes);
        var answers = batch.Add(Second, [.. Enumerable.Range(0, 3).Select(choice => new SamplingOptions { MaxTokens = 10, Choice = choice })]);
        Assert.Equal([30, 30, 30], answers.Select(answer => answer.CachedTokens));
        while (batch.Growing.Count > 0)
        {
            batch.Draw();
            batch.Advance();
        }
        for (var choice = 0; choice < 3; choice++)
            Assert.Equal(new TextGenerator(model).Generate([new(Second, new SamplingOptions { MaxTokens = 10, Choice = choice })], 1, default)[0].Ids, answers[choice].Result().Ids);
    }

    [Fact]
    public void What_one_model_has_read_another_does_not_find()
    {
        using var model = tiny.Load();
        using var other = tiny.Load();
        using var adapter = LoraAdapter.Wrap(other.Decoder, new AdapterOptions { Rank = 2 }, seed: 1);
        using (torch.no_grad())
        {
            foreach (var pair in adapter.Pairs) pair.B.Value.fill_(0.1);
        }
        using var prefixes = new PromptPrefixes(Plenty);
        var expected = new TextGenerator(other).Generate([new(First, SamplingOptions.Greedy(20))], 1, default)[0];
        var ofModel = Answer(model, First, SamplingOptions.Greedy(20), prefixes);
        var ofOther = Answer(other, First, SamplingOptions.Greedy(20), prefixes);
        Assert.Equal((0, 0), (ofModel.Cached, ofOther.Cached));
        Assert.Equal(expected.Ids, ofOther.Text.Ids);
        Assert.NotEqual(ofModel.Text.Ids, ofOther.Text.Ids);
        Assert.Equal(32, Answer(model, First, SamplingOptions.Greedy(1), prefixes).Cached);
        prefixes.Forget(model);
        Assert.Null(prefixes.Find(model, First));
        Assert.Equal(32, Answer(other, First, SamplingOptions.Greedy(1), prefixes).Cached);
    }

    [Fact]
    public void Beginnings_of_a_few_tokens_and_prompts_whose_places_are_scored_are_read_whole()
    {
        using var model = tiny.Load();
        using var prefixes = new PromptPrefixes(Plenty);
        Answer(model, First, SamplingOptions.Greedy(1), prefixes);
        Assert.Equal(0, Answer(model, [.. Opening[..15], 250, 251], SamplingOptions.Greedy(1), prefixes).Cached);
        Assert.Equal(16, Answer(model, [.. Opening[..16], 252, 253], SamplingOptions.Greedy(1), prefixes).Cached);
        using var batch = new GenerationBatch(model, prefixes);
        var scores = new List<TokenScores>();
        Assert.Equal(0, batch.Add(First, [SamplingOptions.Greedy(0)], scores.Add)[0].CachedTokens);
        Assert.Equal(First, scores.Select(score => score.Token.Id));
    }

    [Fact]
    public void What_was_not_used_for_longest_goes_when_the_bound_is_reached()
    {
        using var model = tiny.Load();
        var one = KeyValueCache.BytesOf(model.Decoder.Config, 20);
        Assert.Equal(2 * 2 * 2 * 8 * 20 * sizeof(float), one);
        using var prefixes = new PromptPrefixes(2 * one);
        int[] a = [.. Enumerable.Range(10, 20)], b = [.. Enumerable.Range(50, 20)], c = [.. Enumerable.Range(90, 20)];
        foreach (var prompt in new[] { a, b, a, c }) Answer(model, prompt, SamplingOptions.Greedy(1), prefixes);
        Assert.Equal(2 * one, prefixes.Bytes);
        Assert.Equal([19, 0, 19], new[] { a, b, c }.Select(prompt => LengthOf(prefixes.Find(model, prompt))));
        // More than the bound in one piece is not kept, and nothing goes for it.
        Answer(model, [.. Enumerable.Range(130, 41)], SamplingOptions.Greedy(1), prefixes);
        Assert.Equal([19, 0, 19], new[] { a, b, c }.Select(prompt => LengthOf(prefixes.Find(model, prompt))));
        using var none = new PromptPrefixes(0);
        Answer(model, a, SamplingOptions.Greedy(1), none);
        Assert.Equal(0, none.Bytes);
    }

    [Fact]
    public void A_longer_prompt_takes_the_place_of_its_beginning()
    {
        using var model = tiny.Load();
        using var prefixes = new PromptPrefixes(Plenty);
        foreach (var length in new[] { 20, 30, 25 }) Answer(model, Opening[..length], SamplingOptions.Greedy(1), prefixes);
        Assert.Equal(KeyValueCache.BytesOf(model.Decoder.Config, 30), prefixes.Bytes);
    }

    [Fact]
    public void Tensors_do_not_accumulate()
    {
        using var model = tiny.Load();
        Answer(model, First, SamplingOptions.Greedy(2), null);
        var before = torch.Tensor.TotalCount;
        using (var prefixes = new PromptPrefixes(KeyValueCache.BytesOf(model.Decoder.Config, 80)))
        {
            for (var round = 0; round < 10; round++)
                foreach (var prompt in new[] { First, Second, [.. Enumerable.Range(50, 40)], Opening }) Answer(model, prompt, SamplingOptions.Greedy(2), prefixes);
        }
        // Fewer, where what an earlier test left has been collected meanwhile.
        Assert.InRange(torch.Tensor.TotalCount, 0, before);
    }

    private static int LengthOf(KeyValueCache? found)
    {
        using (found) return found?.LengthOf(0) ?? 0;
    }

    /// <summary>One that knows the whole prompt.</summary>
    private static PromptPrefixes Copy(PromptPrefixes prefixes, LanguageModel model, int[] prompt)
    {
        Answer(model, prompt, SamplingOptions.Greedy(1), prefixes);
        return prefixes;
    }

    private static (GeneratedText Text, int Cached) Answer(LanguageModel model, int[] prompt, SamplingOptions options, PromptPrefixes? prefixes)
    {
        using var batch = new GenerationBatch(model, prefixes);
        var answer = batch.Add(prompt, [options])[0];
        while (answer.Finish is null)
        {
            batch.Draw();
            batch.Advance();
        }
        return (answer.Result(), answer.CachedTokens);
    }
}
