using FsCheck;
using FsCheck.Fluent;
using Serverless.Learning.Data;
using Serverless.Learning.Training;

namespace Serverless.Learning.Tests.Training;

public sealed class PackedBatchesTests
{
    [Fact]
    public void Sequences_that_share_nothing_stand_one_after_another_the_longest_first()
    {
        var micro = Assert.Single(PackedBatches.Build(
            [Sequence([1, 2], [false, true]), Sequence([3, 4, 5, 6], [false, false, true, true]), Sequence([7, 8, 9], [false, true, false])], [0, 1, 2], 4096));

        Assert.Equal((1, 9), (micro.Rows, micro.Time));
        Assert.Equal([3, 4, 5, 6, 7, 8, 9, 1, 2], micro.Ids);
        Assert.Equal([-1, 5, 6, -1, 8, -1, -1, 2, -1], micro.Targets);
        Assert.Equal([0, 1, 2, 3, 0, 1, 2, 0, 1], micro.Positions!);
        Assert.Equal([1, 1, 1, 1, 2, 2, 2, 0, 0], micro.Examples!);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8], micro.Places!);
        Assert.Equal([0, 0, 0, 0, 1, 1, 1, 2, 2], micro.Documents()!);
    }

    [Fact]
    public void A_common_beginning_is_held_once_up_to_the_token_that_predicts_the_first_target()
    {
        TrainingSequence[] sequences =
        [
            Sequence([1, 2, 3, 4, 5], [false, false, false, false, true]),
            Sequence([1, 2, 3, 6], [false, false, false, true]),
            Sequence([1, 2, 3, 4, 7], [false, false, false, false, true]),
        ];
        var micro = Assert.Single(PackedBatches.Build(sequences, [0, 1, 2], 4096));

        Assert.Equal([1, 2, 3, 4, 5, 4, 7, 3, 6], micro.Ids);
        Assert.Equal([-1, -1, -1, 5, -1, 7, -1, 6, -1], micro.Targets);
        Assert.Equal([0, 0, 0, 0, 0, 2, 2, 1, 1], micro.Examples!);
        Assert.Equal([0, 1, 2, 3, 4, 0, 1, 2, 5, 6, 0, 1, 7, 8], micro.Places!);
        Assert.Equal([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2], micro.Documents()!);
        Assert.Equal(14, micro.TokenCount);
    }

    [Fact]
    public void Equal_examples_keep_a_last_token_each() => Assert.Equal(
        [1, 2, 2], Assert.Single(PackedBatches.Build([Sequence([1, 2], [false, false]), Sequence([1, 2], [false, false])], [0, 1], 4096)).Ids);

    [Fact]
    public void Nothing_is_shared_where_that_is_not_asked_for() => Assert.Equal(
        [1, 2, 3, 1, 2, 4],
        Assert.Single(PackedBatches.Build([Sequence([1, 2, 3], [false, false, true]), Sequence([1, 2, 4], [false, false, true])], [0, 1], 4096, share: false)).Ids);

    [Fact]
    public void Every_text_and_every_target_comes_back_whatever_is_shared() =>
        Prop.ForAll(Gen.Choose(1, 3).ListOf().Where(ids => ids.Count is > 1 and < 12).ListOf().Where(texts => texts.Count > 0).ToArbitrary(), texts =>
        {
            var sequences = texts.Select((ids, index) => Sequence([.. ids], [.. ids.Select((_, t) => t > 0 && (t + index) % 3 == 0)])).ToList();
            var micros = PackedBatches.Build(sequences, [.. Enumerable.Range(0, sequences.Count)], 32);
            var back = micros.SelectMany(micro => micro.Texts()).Select(ids => string.Join(',', ids)).Order();
            return back.SequenceEqual(texts.Select(ids => string.Join(',', ids)).Order())
                && micros.Sum(micro => micro.TargetCount) == sequences.Sum(sequence => sequence.SupervisedCount)
                && micros.Sum(micro => micro.TokenCount) == sequences.Sum(sequence => sequence.Length)
                && micros.All(micro => micro.Ids.Length <= micro.TokenCount);
        }).QuickCheckThrowOnFailure();

    private static TrainingSequence Sequence(int[] ids, bool[] supervised) => new(ids, supervised, 0);
}
