using Serverless.Learning.Reinforcement;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Service.Tests.Pipeline;

public sealed class RequestedPolicyTests
{
    [Theory]
    [InlineData(null, null, 8)]
    [InlineData(2.0, null, 16)]
    [InlineData(10.0, null, 80)]
    [InlineData(0.0001, null, 2)]
    [InlineData(2.0, 5, 5)]
    public void A_compute_multiplier_draws_so_many_times_as_many_answers_unless_their_number_is_given(double? multiplier, int? group, int expected) =>
        Assert.Equal(expected, RequestedPolicy.Resolve(new PolicyRequest { ComputeMultiplier = multiplier, GroupSize = group }, 128, 10).GroupSize);

    [Theory]
    [InlineData(null)]
    [InlineData(LossType.Grpo)]
    [InlineData(LossType.DrGrpo)]
    public void Grpo_and_dr_grpo_clip_evenly_and_take_groups_and_answers_as_they_come(LossType? type) => Assert.Equal(
        Usual with { LossType = type ?? LossType.Grpo }, RequestedPolicy.Resolve(new PolicyRequest { LossType = type }, 128, 28));

    [Fact]
    public void Dapo_clips_higher_samples_again_leaves_out_what_was_cut_off_and_penalises_length() => Assert.Equal(
        Usual with { LossType = LossType.Dapo, EpsilonHigh = 0.28, Resamples = 2, FilterOverlong = true, PenaltyTokens = 20 },
        RequestedPolicy.Resolve(new PolicyRequest { LossType = LossType.Dapo }, 128, 28));

    [Fact]
    public void The_penalty_of_dapo_begins_a_fifth_before_the_end_of_the_answers_that_are_asked_for() =>
        Assert.Equal((250, 50), Lengths(new PolicyRequest { LossType = LossType.Dapo, MaxAnswerTokens = 250 }));

    [Fact]
    public void What_was_asked_for_counts_also_where_it_is_nothing()
    {
        var asked = new PolicyRequest
        {
            LossType = LossType.Dapo, EpsilonLow = 0.1, EpsilonHigh = 0.3, Beta = 0.001, ReferenceResetSteps = 400, UpdatesPerRollout = 4, Temperature = 0.7, NegativeWeight = 0, Resamples = 0,
            FilterOverlong = false, PenaltyTokens = 0, GroupSize = 16, MaxAnswerTokens = 7,
        };
        Assert.Equal(
            new PolicyOptions
            {
                LossType = LossType.Dapo, EpsilonLow = 0.1, EpsilonHigh = 0.3, Beta = 0.001, ReferenceResetSteps = 400, UpdatesPerRollout = 4, Temperature = 0.7, NegativeWeight = 0, Resamples = 0,
                FilterOverlong = false, PenaltyTokens = 0, GroupSize = 16, MaxAnswerTokens = 7,
            },
            RequestedPolicy.Resolve(asked, 128, 10));
    }

    [Theory]
    [InlineData(128, 28, 100)]
    [InlineData(128, 120, 16)]
    [InlineData(128, 400, 16)]
    [InlineData(8, 4, 8)]
    [InlineData(8192, 100, 512)]
    public void Answers_are_as_long_as_the_longest_prompt_leaves_room_for_within_reason(int context, int prompt, int expected) =>
        Assert.Equal(expected, RequestedPolicy.Resolve(new PolicyRequest(), context, prompt).MaxAnswerTokens);

    private static PolicyOptions Usual { get; } = new()
    {
        LossType = LossType.Grpo, GroupSize = 8, Temperature = 1, MaxAnswerTokens = 100, EpsilonLow = 0.2, EpsilonHigh = 0.2, Beta = 0, ReferenceResetSteps = 0, UpdatesPerRollout = 1,
        NegativeWeight = 1, Resamples = 0, FilterOverlong = false, PenaltyTokens = 0, EvaluationInterval = 0, EvaluationSamples = 1,
    };

    private static (int Answer, int Penalty) Lengths(PolicyRequest asked) => RequestedPolicy.Resolve(asked, 1024, 10) is var found ? (found.MaxAnswerTokens, found.PenaltyTokens) : default;
}
