using System.Globalization;
using Serverless.Learning.Adapters;
using Serverless.Learning.Training;

namespace Serverless.Learning.Tests.Training;

public sealed class PreferenceLossTests
{
    [Fact]
    public void A_policy_that_is_its_reference_loses_log_2_and_ties()
    {
        var loss = PreferenceLoss.Of(new PairScore(-12.5, -3), new PairScore(-12.5, -3), 0.1);
        Assert.Equal(Math.Log(2), loss.Value, 15);
        Assert.Equal(0, loss.Margin);
        Assert.Equal(0.5, loss.Accuracy);
        Assert.Equal(-0.05, loss.Slope, 15);
    }

    [Fact]
    public void A_hand_worked_pair_has_its_loss_rewards_and_slope()
    {
        // Rewards 0.5 (−3 + 5) = 1 and 0.5 (−6 + 4) = −1: a margin of 2, sigmoid(−2) = 0.1192029.
        var loss = PreferenceLoss.Of(new PairScore(-3, -6), new PairScore(-5, -4), 0.5);
        Assert.Equal((1.0, -1.0, 2.0, 1.0), (loss.ChosenReward, loss.RejectedReward, loss.Margin, loss.Accuracy));
        Assert.Equal(0.1269280110, loss.Value, 9);
        Assert.Equal(-0.5 * 0.1192029220, loss.Slope, 9);
    }

    [Theory]
    [InlineData(-1e4, 1e4)]
    [InlineData(1e4, 0)]
    public void Margins_far_from_zero_neither_overflow_nor_lose_their_loss(double margin, double expected)
    {
        var loss = PreferenceLoss.Of(new PairScore(margin, 0), new PairScore(0, 0), 1);
        Assert.Equal(expected, loss.Value, 9);
        Assert.True(double.IsFinite(loss.Slope));
        Assert.Equal(margin > 0 ? 1 : 0, loss.Accuracy);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(2.0)]
    public void Loss_and_gradients_are_those_of_plain_PyTorch(double beta)
    {
        using var golden = new ObjectiveGolden();
        List<PairScore> reference = [.. Enumerable.Range(0, 3).Select(pair => new PairScore(ObjectiveGolden.Number(3, 2 * pair) - 4, ObjectiveGolden.Number(3, 2 * pair + 1) - 4))];
        var objective = new PreferenceObjective(new PreferenceTask(PreferenceTrainingTests.NoPairs(3), [], reference), PreferenceTrainingTests.Options(AdapterKind.Full) with { Beta = beta });
        var report = golden.Check(objective, string.Create(CultureInfo.InvariantCulture, $"preference beta {beta:0.0}"));
        Assert.Equal(["reward_margin", "reward_accuracy", "chosen_reward", "rejected_reward", "chosen_log_probability", "rejected_log_probability"], report.Figures.Keys);
        Assert.Null(report.Accuracy);
    }
}
