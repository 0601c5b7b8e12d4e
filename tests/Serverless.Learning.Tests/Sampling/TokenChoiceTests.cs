using Serverless.Learning.Native;
using Serverless.Learning.Randomness;
using Serverless.Learning.Sampling;
using Serverless.Learning.Tests.Native;

namespace Serverless.Learning.Tests.Sampling;

[Collection(NativeState.Collection)]
public sealed class TokenChoiceTests
{
    private const int Draws = 20000;
    private static readonly double[] Probabilities = [0.5, 0.3, 0.15, 0.05];
    private static readonly float[] Logits = [.. Probabilities.Select(probability => (float)Math.Log(probability))];

    [Theory]
    [InlineData(1.0)]
    [InlineData(0.5)]
    [InlineData(2.0)]
    public void Draws_follow_the_probabilities_at_each_temperature(double temperature)
    {
        var powers = Probabilities.Select(probability => Math.Pow(probability, 1 / temperature)).ToArray();
        AssertFollows([.. powers.Select(power => power / powers.Sum())], new SamplingOptions { MaxTokens = 1, Temperature = temperature });
    }

    [Fact]
    public void Draws_of_other_seeds_steps_and_choices_are_other_draws_of_the_same_distribution()
    {
        SamplingOptions[] streams = [new() { MaxTokens = 1, Seed = 1 }, new() { MaxTokens = 1, Step = 1 }, new() { MaxTokens = 1, Seed = -9 }];
        foreach (var stream in streams) AssertFollows(Probabilities, stream);
        var sequences = streams.Append(new SamplingOptions { MaxTokens = 1 }).Select(options => string.Concat(Sequence(options, choice: 0)))
            .Append(string.Concat(Sequence(new SamplingOptions { MaxTokens = 1 }, choice: 1)));
        Assert.Equal(5, sequences.Distinct().Count());
    }

    [Fact]
    public void Top_p_keeps_the_smallest_set_that_reaches_it() =>
        AssertFollows([0.625, 0.375, 0, 0], new SamplingOptions { MaxTokens = 1, TopP = 0.7 });

    [Fact]
    public void Top_p_zero_keeps_the_most_likely_alone() => AssertFollows([1, 0, 0, 0], new SamplingOptions { MaxTokens = 1, TopP = 0 });

    [Fact]
    public void Top_k_keeps_the_most_likely() => AssertFollows([0.5 / 0.95, 0.3 / 0.95, 0.15 / 0.95, 0], new SamplingOptions { MaxTokens = 1, TopK = 3 });

    [Fact]
    public void Top_p_looks_at_what_top_k_left() =>
        // Of the two that top-k leaves, 0.625 and 0.375, the first alone reaches 0.6; without top-k it would not.
        AssertFollows([1, 0, 0, 0], new SamplingOptions { MaxTokens = 1, TopK = 2, TopP = 0.6 });

    [Fact]
    public void Min_p_keeps_what_is_likely_enough_beside_the_most_likely() =>
        AssertFollows([0.625, 0.375, 0, 0], new SamplingOptions { MaxTokens = 1, MinP = 0.4 });

    [Fact]
    public void Temperature_zero_takes_the_most_likely_and_of_equal_ones_the_first()
    {
        AssertFollows([1, 0, 0, 0], new SamplingOptions { MaxTokens = 1, Temperature = 0 });
        Assert.Equal((1, 0f), Draw([0, 2, 2], new SamplingOptions { MaxTokens = 1, Temperature = 0 }, 0, 0));
    }

    [Fact]
    public void Rows_that_are_drawn_together_get_the_tokens_that_each_gets_alone_with_any_number_of_threads()
    {
        NativeRuntime.EnsureLoaded();
        const int Vocabulary = 20011;
        SamplingOptions[] options =
        [
            new() { MaxTokens = 1, Seed = 3 }, new() { MaxTokens = 1, Temperature = 0 }, new() { MaxTokens = 1, Temperature = 0.7, TopP = 0.9 },
            new() { MaxTokens = 1, Temperature = 3, Seed = 4 }, new() { MaxTokens = 1, TopK = 5 }, new() { MaxTokens = 1, Step = 9 }, new() { MaxTokens = 1, MinP = 0.1 },
        ];
        var random = new Philox(11, 0, 1);
        float[] logits = [.. Enumerable.Range(0, options.Length * Vocabulary).Select(at => 12 * random.Single((ulong)at))];
        try
        {
            for (var place = 0; place < 20; place++)
            {
                var alone = options.Select((each, row) => Draw(logits.AsSpan(row * Vocabulary, Vocabulary), each, row, place)).ToArray();
                foreach (var threads in new[] { 1, 2, 5 })
                {
                    NativeRuntime.SetThreads(threads);
                    var weights = logits.ToArray();
                    TokenDraw[] draws = [.. options.Select((each, row) => TokenChoice.Begin(each, row, place))];
                    TokenDraws.Run(draws, weights);
                    Assert.Equal(alone, draws.Select((draw, row) => TokenChoice.End(draw, weights.AsSpan(row * Vocabulary, Vocabulary), options[row])));
                }
            }
        }
        finally
        {
            NativeRuntime.SetThreads(1);
        }
    }

    [Fact]
    public void The_log_probability_is_that_of_the_cut_distribution()
    {
        for (var place = 0; place < 50; place++)
        {
            var (id, logProbability) = Draw(Logits, new SamplingOptions { MaxTokens = 1, TopP = 0.7 }, 0, place);
            Assert.Equal(Math.Log(id == 0 ? 0.625 : 0.375), logProbability, 1e-6);
        }
    }

    [Fact]
    public void A_token_of_no_probability_is_never_drawn()
    {
        float[] logits = [float.NegativeInfinity, 0, float.NegativeInfinity];
        Assert.All(Enumerable.Range(0, 200), place => Assert.Equal(1, Draw(logits, new SamplingOptions { MaxTokens = 1 }, 0, place).Id));
        Assert.All(Enumerable.Range(0, 200), place => Assert.Equal(1, Draw(logits, new SamplingOptions { MaxTokens = 1, TopK = 2 }, 0, place).Id));
    }

    [Theory]
    [InlineData(8192)]
    [InlineData(1003)]
    [InlineData(7)]
    public void A_draw_from_a_large_vocabulary_is_where_the_sum_of_its_probabilities_reaches_the_random_number(int size)
    {
        var random = new Random(3);
        var logits = Enumerable.Range(0, size).Select(_ => (float)(8 * random.NextDouble())).ToArray();
        var weights = logits.Select(logit => Math.Exp((logit - logits.Max()) / 0.7)).ToArray();
        var total = weights.Sum();
        for (var place = 0; place < 300; place++)
        {
            var (id, logProbability) = Draw(logits, new SamplingOptions { MaxTokens = 1, Temperature = 0.7, Seed = 5 }, 2, place);
            var uniform = new Philox(5, 0, ModuleKey.Of("sampling")).Double((2UL << 32) | (uint)place);
            var (below, up) = (weights.Take(id).Sum() / total, weights.Take(id + 1).Sum() / total);
            Assert.InRange(uniform, below - 1e-6, up + 1e-6);
            Assert.Equal(Math.Log(weights[id] / total), logProbability, 1e-5);
        }
    }

    [Theory]
    [InlineData(1, 0.0)]
    [InlineData(50, 0.0)]
    [InlineData(0, 0.9)]
    [InlineData(40, 0.5)]
    [InlineData(300, 0.99)]
    public void The_cut_of_a_large_vocabulary_is_that_of_sorting_all_of_it(int topK, double topP)
    {
        var random = new Random(7);
        var weights = Enumerable.Range(0, 5000).Select(_ => (float)Math.Exp(-20 * random.NextDouble())).ToArray();
        weights[1234] = 1;
        var order = Enumerable.Range(0, weights.Length).OrderByDescending(id => weights[id]).ThenBy(id => id).Take(topK == 0 ? weights.Length : topK).ToArray();
        var kept = 1;
        while (topP > 0 && kept < order.Length && order.Take(kept).Sum(id => (double)weights[id]) < topP * order.Sum(id => (double)weights[id])) kept++;
        if (topP == 0) kept = order.Length;

        var cut = TokenCut.Of(weights, new SamplingOptions { MaxTokens = 1, TopK = topK, TopP = topP == 0 ? 1 : topP });

        Assert.Equal(order[..kept], cut.Ids);
        Assert.Equal(order[..kept].Sum(id => (double)weights[id]), cut.Sum, 1e-9);
    }

    /// <summary>Pearson's test at the level 0.001 with the critical values of its degrees of freedom; seeds are fixed, so the outcome is too.</summary>
    private static void AssertFollows(double[] expected, SamplingOptions options)
    {
        double[] critical = [0, 10.828, 13.816, 16.266];
        var counts = new int[expected.Length];
        foreach (var id in Sequence(options, choice: 0)) counts[id]++;
        var possible = Enumerable.Range(0, expected.Length).Where(id => expected[id] > 0).ToArray();
        Assert.Equal(Draws, possible.Sum(id => counts[id]));
        var statistic = possible.Sum(id => Math.Pow(counts[id] - Draws * expected[id], 2) / (Draws * expected[id]));
        Assert.True(statistic <= critical[possible.Length - 1], $"chi-square {statistic}, counts {string.Join(' ', counts)}");
    }

    private static IEnumerable<int> Sequence(SamplingOptions options, int choice) =>
        Enumerable.Range(0, Draws).Select(place => Draw(Logits, options, choice, place).Id);

    /// <summary>A token of one row alone.</summary>
    private static (int Id, float LogProbability) Draw(ReadOnlySpan<float> logits, SamplingOptions options, int choice, int place)
    {
        var weights = logits.ToArray();
        TokenDraw[] draws = [TokenChoice.Begin(options, choice, place)];
        TokenDraws.Run(draws, weights);
        return TokenChoice.End(draws[0], weights, options);
    }
}
