using Serverless.Learning.Randomness;

namespace Serverless.Learning.Tests.Randomness;

public sealed class PhiloxTests
{
    // Known-answer vectors "philox4x32 10" of the authors' library Random123 (tests/kat_vectors).
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Blocks_equal_the_published_vectors(
        uint c0, uint c1, uint c2, uint c3, uint key0, uint key1, uint x0, uint x1, uint x2, uint x3) =>
        Assert.Equal(new PhiloxBlock(x0, x1, x2, x3), Philox.Bijection(new PhiloxBlock(c0, c1, c2, c3), key0, key1));

    [Fact]
    public void Seed_is_the_key_and_index_step_and_module_are_the_counter()
    {
        var philox = new Philox(seed: 0x299f31d0_a4093822, step: 0x13198a2e, module: 0x03707344);
        Assert.Equal(new PhiloxBlock(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1), philox.Block(0x85a308d3_243f6a88));
    }

    [Theory]
    [InlineData(0, 64)]
    [InlineData(3, 10)]
    [InlineData(5, 2)]
    [InlineData(1, 0)]
    public void Filling_a_span_equals_drawing_one_by_one(int start, int length)
    {
        var philox = new Philox(7, 3, 2);
        var filled = new float[length];
        philox.Fill(filled, (ulong)start);
        Assert.Equal(Enumerable.Range(start, length).Select(i => philox.Single((ulong)i)), filled);
    }

    [Fact]
    public void Uniform_numbers_lie_in_the_unit_interval_with_the_right_mean_and_variance()
    {
        const int count = 100_000;
        var philox = new Philox(1);
        var singles = Enumerable.Range(0, count).Select(i => (double)philox.Single((ulong)i)).ToArray();
        var doubles = Enumerable.Range(0, count).Select(i => philox.Double((ulong)i)).ToArray();
        foreach (var draws in new[] { singles, doubles })
        {
            Assert.All(draws, x => Assert.InRange(x, 0, 1 - 1e-9));
            // Standard error of the mean is 0.289 / sqrt(count) = 0.0009; of the variance about 0.00024. Five of each.
            Assert.InRange(draws.Average(), 0.5 - 0.0046, 0.5 + 0.0046);
            Assert.InRange(draws.Select(x => (x - 0.5) * (x - 0.5)).Average(), (1 / 12.0) - 0.0012, (1 / 12.0) + 0.0012);
        }
    }

    [Fact]
    public void A_permutation_holds_every_number_once_and_depends_on_seed_step_and_module_alone()
    {
        var order = new Philox(5, 1, 2).Permutation(1000);
        Assert.Equal(Enumerable.Range(0, 1000), order.Order());
        Assert.Equal(order, new Philox(5, 1, 2).Permutation(1000));
        Assert.NotEqual(order, new Philox(6, 1, 2).Permutation(1000));
        Assert.NotEqual(order, new Philox(5, 2, 2).Permutation(1000));
        Assert.NotEqual(order, new Philox(5, 1, 3).Permutation(1000));
    }

    [Fact]
    public void All_orders_of_four_are_equally_likely()
    {
        const int draws = 24_000;
        var counts = Enumerable.Range(0, draws)
            .Select(step => string.Concat(new Philox(11, step).Permutation(4)))
            .CountBy(order => order).ToDictionary();
        Assert.Equal(24, counts.Count);
        // Chi-squared with 23 degrees of freedom: 49.7 is exceeded once in a thousand.
        Assert.True(counts.Values.Sum(n => Math.Pow(n - (draws / 24.0), 2) / (draws / 24.0)) < 49.7);
    }

    [Fact]
    public void Permutations_of_none_and_one_exist()
    {
        Assert.Empty(new Philox(1).Permutation(0));
        Assert.Equal([0], new Philox(1).Permutation(1));
    }
}
