using Serverless.Learning.Reinforcement;

namespace Serverless.Learning.Tests.Reinforcement;

public sealed class AdvantagesTests
{
    [Fact]
    public void Rewards_are_measured_against_their_group()
    {
        // Mean 0.5, population deviation 0.5.
        Assert.Equal([0.99980004, -0.99980004, 0.99980004, -0.99980004], Advantages.Of([1, 0, 1, 0], LossType.Grpo).Select(one => Math.Round(one, 8)));
        Assert.Equal([0.5, -0.5, 0.5, -0.5], Advantages.Of([1, 0, 1, 0], LossType.DrGrpo));
    }

    [Theory]
    [InlineData(LossType.Grpo)]
    [InlineData(LossType.Dapo)]
    [InlineData(LossType.DrGrpo)]
    public void A_group_without_variance_or_of_one_answer_has_no_advantage(LossType type)
    {
        Assert.Equal([0.0, 0, 0], Advantages.Of([0.1, 0.1, 0.1], type));
        Assert.Equal([0.0], Advantages.Of([0.7], type));
        Assert.False(Advantages.Vary([0.3]));
    }

    [Theory]
    [InlineData(80, 0.0)]
    [InlineData(81, -0.05)]
    [InlineData(90, -0.5)]
    [InlineData(100, -1.0)]
    [InlineData(101, -1.0)]
    public void The_length_penalty_grows_over_the_last_tokens_before_the_limit(int length, double penalty) =>
        Assert.Equal(penalty, LengthPenalty.Of(length, limit: 100, cache: 20), 12);

    [Fact]
    public void Without_a_cache_there_is_no_penalty() => Assert.Equal(0, LengthPenalty.Of(500, 100, 0));

    [Fact]
    public void Answers_are_weighted_by_answer_by_token_or_by_the_longest_length()
    {
        IReadOnlyList<IReadOnlyList<Rollout>> groups = [[Answer(0, 2, 1), Answer(0, 4, 0)], [Answer(1, 6, 1), Answer(1, 8, 1)]];
        Assert.Equal([1 / 8.0, 1 / 16.0, 1 / 24.0, 1 / 32.0], Weights(LossType.Grpo));
        Assert.Equal([1 / 20.0, 1 / 20.0, 1 / 20.0, 1 / 20.0], Weights(LossType.Dapo));
        Assert.Equal([1 / 40.0, 1 / 40.0, 1 / 40.0, 1 / 40.0], Weights(LossType.DrGrpo));

        IEnumerable<double> Weights(LossType type) =>
            TokenTerm.Of(groups, new PolicyOptions { LossType = type, GroupSize = 2, MaxAnswerTokens = 10 }).Select(term => term.Weight);
    }

    [Fact]
    public void Answers_cut_off_are_left_out_of_the_loss_and_of_its_denominator_also_when_all_are()
    {
        var options = new PolicyOptions { LossType = LossType.Dapo, GroupSize = 2, MaxAnswerTokens = 8, FilterOverlong = true };
        var some = TokenTerm.Of([[Answer(0, 2, 1), Answer(0, 8, 0, cutOff: true)]], options);
        Assert.Equal([0.5, 0], some.Select(term => term.Weight));
        // What was cut off still counts in its group's mean.
        Assert.All(some, term => Assert.NotEqual(0, term.Advantage));
        var all = TokenTerm.Of([[Answer(0, 8, 1, cutOff: true), Answer(0, 8, 0, cutOff: true)]], options);
        Assert.Equal([0.0, 0], all.Select(term => term.Weight));
    }

    [Theory]
    [InlineData(0, 1 / 20.0, 1 / 20.0)]
    [InlineData(2, 1 / 6.0, 0)]
    public void Of_dapo_groups_that_stay_without_variance_are_in_neither_sum_where_groups_are_sampled_again(int resamples, double varied, double flat)
    {
        var options = new PolicyOptions { LossType = LossType.Dapo, GroupSize = 2, MaxAnswerTokens = 10, Resamples = resamples, PenaltyTokens = 5 };
        // The second group is right throughout; that its answers are of different lengths is no variance.
        var flatGroup = new[] { Answer(1, 6, 1), Answer(1, 8, 0.4) with { GraderReward = 1 } };
        Assert.Equal([varied, varied, flat, flat], TokenTerm.Of([[Answer(0, 2, 1), Answer(0, 4, 0)], flatGroup], options).Select(term => term.Weight));
        Assert.Equal(1 / 24.0, TokenTerm.Of([[Answer(0, 2, 1), Answer(0, 4, 0)], flatGroup], options with { LossType = LossType.Grpo })[2].Weight);
    }

    [Fact]
    public void A_length_penalty_is_part_of_the_reward_and_no_variance_of_its_group()
    {
        var options = new PolicyOptions { MaxAnswerTokens = 10, PenaltyTokens = 5 };
        Rollout[] group = [.. new[] { 4, 7, 10 }.Select(tokens => Answer(0, tokens, 0).Graded(new Reward(0.1, new Dictionary<string, double>()), options))];
        Assert.Equal([0.1, 0.1 - 0.4, 0.1 - 1], group.Select(answer => answer.Reward));
        Assert.False(Advantages.Vary(group));
        Assert.True(Advantages.Vary([.. group, Answer(0, 4, 0).Graded(new Reward(0.2, new Dictionary<string, double>()), options)]));
        Assert.Null(Answer(0, 4, 0).Graded(new Reward(1, new Dictionary<string, double>()), options with { PenaltyTokens = 0 }).GraderReward);
    }

    [Theory]
    [InlineData(1.0, -1.0)]
    [InlineData(0.25, -0.25)]
    [InlineData(0.0, 0.0)]
    public void What_is_worse_than_its_group_counts_as_much_as_is_asked_for_and_what_is_better_in_full(double negativeWeight, double expected)
    {
        var options = new PolicyOptions { LossType = LossType.DrGrpo, GroupSize = 2, MaxAnswerTokens = 10, NegativeWeight = negativeWeight };
        var terms = TokenTerm.Of([[Answer(0, 2, 2), Answer(0, 4, 0)]], options);
        Assert.Equal([1.0, expected], terms.Select(term => term.Advantage));
        Assert.Equal([1 / 20.0, 1 / 20.0], terms.Select(term => term.Weight));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void A_weight_of_negative_advantages_that_is_no_share_is_refused(double weight) => Assert.Equal(
        [("negative_weight", (object)weight, "0 to 1")], new PolicyOptions { MaxAnswerTokens = 1, NegativeWeight = weight }.Faults());

    internal static Rollout Answer(int prompt, int tokens, double reward, bool cutOff = false) => new()
    {
        Prompt = prompt, Line = prompt + 1, Choice = 0, Text = "", Ids = new int[tokens], CutOff = cutOff, Reward = reward,
        Rewards = new Dictionary<string, double>(), SampledLogProbabilities = new float[tokens],
    };
}
