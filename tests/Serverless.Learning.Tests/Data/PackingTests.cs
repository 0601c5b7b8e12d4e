using FsCheck;
using FsCheck.Fluent;
using Serverless.Learning.Data;

namespace Serverless.Learning.Tests.Data;

public sealed class PackingTests
{
    [Fact]
    public void The_longest_goes_first_into_the_first_row_with_room_and_equals_keep_their_order()
    {
        var rows = Packing.FirstFitDecreasing([2, 5, 4, 2, 7, 1, 2], 8);
        Assert.Equal([[4, 5], [1, 0], [2, 3, 6]], rows);
    }

    [Fact]
    public void Every_sequence_stands_in_one_row_no_row_is_too_long_and_no_two_rows_would_fit_into_one() =>
        Prop.ForAll(ArbMap.Default.GeneratorFor<int>().Where(n => n is > 0 and <= 64).ListOf().ToArbitrary(), lengths =>
        {
            var rows = Packing.FirstFitDecreasing([.. lengths], 64);
            var sums = rows.Select(row => row.Sum(item => lengths[item])).Order().ToArray();
            return rows.SelectMany(row => row).Order().SequenceEqual(Enumerable.Range(0, lengths.Count))
                && sums.All(sum => sum <= 64)
                && (sums.Length < 2 || sums[0] + sums[1] > 64);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_sequence_longer_than_a_row_is_refused() =>
        Assert.Equal(
            "item 1 has length 9, a row at most 8 (Parameter 'lengths')",
            Assert.Throws<ArgumentException>(() => Packing.FirstFitDecreasing([3, 9], 8)).Message);

    [Fact]
    public void No_items_make_no_rows() => Assert.Empty(Packing.FirstFitDecreasing([], 8));

    [Fact]
    public void A_mask_must_be_as_long_as_the_ids_and_begin_after_the_first_token()
    {
        Assert.Equal("2 ids but 1 mask entries", Assert.Throws<ArgumentException>(() => Sequence([1, 2], [false])).Message);
        Assert.Equal("the first token cannot be a target (Parameter 'supervised')", Assert.Throws<ArgumentException>(() => Sequence([1], [true])).Message);
    }

    [Fact]
    public void Examples_longer_than_the_context_are_named_by_line()
    {
        TrainingSequence[] sequences = [Sequence(new int[8], new bool[8], 1), Sequence(new int[9], new bool[9], 2), Sequence(new int[100], new bool[100], 7)];
        Assert.Equal(
            "train.jsonl line 2: found 9 tokens; allowed: 8\ntrain.jsonl line 7: found 100 tokens; allowed: 8",
            SequenceLength.Check(sequences, 8, "train.jsonl")?.Message);
        Assert.Null(SequenceLength.Check(sequences, 100, "train.jsonl"));
    }

    private static TrainingSequence Sequence(int[] ids, bool[] supervised, int line = 0) => new(ids, supervised, line);
}
