using Serverless.Learning.Sampling;

namespace Serverless.Learning.Tests.Sampling;

public sealed class TokenChoiceTests
{
    private static readonly float[] Logits = [MathF.Log(0.5f), MathF.Log(0.3f), MathF.Log(0.15f), MathF.Log(0.05f)];

    [Fact]
    public void Draws_follow_the_probabilities()
    {
        var counts = Counts(new SamplingOptions { MaxTokens = 1 });
        // 20,000 draws: four standard deviations of a share of one half are 0.014.
        Assert.Equal(0.5, counts[0] / 20000.0, 0.015);
        Assert.Equal(0.05, counts[3] / 20000.0, 0.015);
    }

    [Fact]
    public void Top_p_keeps_the_smallest_set_that_reaches_it()
    {
        var counts = Counts(new SamplingOptions { MaxTokens = 1, TopP = 0.7 });
        Assert.Equal([0, 0], counts[2..]);
        Assert.Equal(0.625, counts[0] / 20000.0, 0.015);
    }

    [Fact]
    public void Top_k_keeps_the_most_likely() => Assert.Equal([20000, 0, 0, 0], Counts(new SamplingOptions { MaxTokens = 1, TopK = 1 }));

    [Fact]
    public void Temperature_zero_takes_the_most_likely() => Assert.Equal([20000, 0, 0, 0], Counts(new SamplingOptions { MaxTokens = 1, Temperature = 0 }));

    private static int[] Counts(SamplingOptions options)
    {
        var counts = new int[Logits.Length];
        for (var place = 0; place < 20000; place++) counts[TokenChoice.Draw(Logits.ToArray(), options, choice: 0, place)]++;
        return counts;
    }
}
