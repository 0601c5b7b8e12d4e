using Serverless.Learning.Reinforcement;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Service.Tests.Pipeline;

public sealed class PolicyAdviceTests
{
    private const string Flat = "groups_without_variance", Cut = "answers_cut_off", Ungraded = "answers_not_graded";
    private static readonly PolicyOptions Grpo = RequestedPolicy.Resolve(new PolicyRequest(), 128, 28);
    private static readonly PolicyOptions Dapo = RequestedPolicy.Resolve(new PolicyRequest { LossType = LossType.Dapo }, 128, 28);

    [Fact]
    public void All_steps_since_the_look_before_count_and_not_only_the_one_that_is_looked_at()
    {
        // Two answers of ten are cut off in each step but the tenth.
        var told = Told(Grpo, 20, step => (Cut, step % 10 == 0 ? 0 : 0.2));
        Assert.Equal(
            "Step 1: 20 % of the answers were cut off at max_completion_tokens, 100, and each counts as much as one that came to its end. Raise it, or set length_penalty_tokens, so that the model "
            + "learns to come to an end",
            Assert.Single(told));
        told = Told(Grpo, 20, step => (Cut, step is 1 or 10 or 20 ? 0 : 0.2));
        Assert.StartsWith("Steps 2 to 10: 17.8 % of the answers were cut off", Assert.Single(told), StringComparison.Ordinal);
        Assert.Empty(Told(Grpo, 20, _ => (Cut, 0.09)));
    }

    [Fact]
    public void What_holds_on_is_told_once_again_after_long_and_when_it_has_changed_by_much()
    {
        Assert.Equal(["Step 1", "Steps 101 to 110", "Steps 1091 to 1100"], Told(Grpo, 2000, _ => (Flat, 1)).Select(message => message[..message.IndexOf(':', StringComparison.Ordinal)]));
        var told = Told(Grpo, 100, step => (Flat, step <= 30 ? 0.6 : step <= 60 ? 0.7 : 1));
        Assert.Equal(["Step 1: 60 %", "Steps 61 to 70: 100 %"], told.Select(message => message[..message.IndexOf(" of the groups", StringComparison.Ordinal)]));
        // At the border it comes and goes without a word.
        Assert.Single(Told(Grpo, 100, step => (Cut, step / 10 % 2 == 0 ? 0.12 : 0.08)));
    }

    [Fact]
    public void Whoever_goes_on_with_a_job_tells_the_same()
    {
        static (string, double) Figure(int step) => (Flat, step is > 40 and < 60 ? 0.9 : 0.55 + step % 7 * 0.01);
        var whole = Told(Grpo, 400, Figure);
        Assert.True(whole.Count > 2);
        for (var end = 1; end < 120; end += 7)
        {
            var (first, second) = (Of(Grpo, 400), Of(Grpo, 400));
            var told = Enumerable.Range(1, end).SelectMany(step => first.Take(Step(step, Figure(step)))).ToList();
            foreach (var step in Enumerable.Range(1, end))
                _ = second.Take(Step(step, Figure(step)));
            told.AddRange(Enumerable.Range(end + 1, 400 - end).SelectMany(step => second.Take(Step(step, Figure(step)))));
            Assert.Equal(whole, told.Select(one => one.Message));
        }
    }

    [Fact]
    public void With_dapo_it_is_what_was_sampled_again_that_counts_and_what_was_cut_off_is_said_to_be_left_out()
    {
        Assert.Empty(Told(Dapo, 10, _ => [(Flat, 0.9), ("final_" + Flat, 0.4), (Cut, 0.5), ("final_" + Cut, 0.05)]));
        Assert.Equal(
            [
                "Step 1: 60 % of the groups have no variance, though such are sampled again up to 2 times: all answers to a prompt got the same reward, and they are left out of the step. Take prompts "
                + "that the model answers right only sometimes, a grader that gives part of the reward, a larger group_size (now 8), or a higher temperature",
                "Step 1: 50 % of the answers were cut off at max_completion_tokens, 100, and they are left out of the loss: their rewards count in the means of their groups only. Raise it, or "
                + "length_penalty_tokens (now 20), so that the model learns to come to an end sooner",
            ],
            Told(Dapo, 10, _ => [("final_" + Flat, 0.6), ("final_" + Cut, 0.5)]));
    }

    [Theory]
    [InlineData(LossType.Dapo, 0, 0, "nothing is learned from them", "each of their tokens counts as much as any other, so that they count more than shorter ones")]
    [InlineData(LossType.DrGrpo, 0, 0, "nothing is learned from them", "each of their tokens counts as much as any other, so that they count more than shorter ones")]
    [InlineData(LossType.Grpo, 0, 10, "nothing but their length is learned from them", "each counts as much as one that came to its end")]
    [InlineData(LossType.Grpo, 1, 0, "nothing is learned from them", "each counts as much as one that came to its end")]
    public void Each_loss_says_what_becomes_of_flat_groups_and_of_answers_that_were_cut_off(LossType type, int rounds, int penalty, string flat, string cut)
    {
        var options = Grpo with { LossType = type, Resamples = rounds, PenaltyTokens = penalty };
        var told = Told(options, 1, _ => [(Flat, 1), (Cut, 1)]);
        Assert.Contains($"got the same reward, and {flat}. Take", told[0], StringComparison.Ordinal);
        Assert.Contains($"max_completion_tokens, 100, and {cut}. Raise it", told[1], StringComparison.Ordinal);
        Assert.Equal(rounds == 1, told[0].Contains("though such are sampled again up to once", StringComparison.Ordinal));
    }

    [Fact]
    public void Answers_that_could_not_be_graded_are_told_of_with_where_the_reasons_are() => Assert.Equal(
        "Steps 2 to 10: 5.6 % of the answers could not be graded and got no reward; GET /v1/fine_tuning/jobs/{id}/rollouts says why, in the field fault of each",
        Assert.Single(Told(Grpo, 10, step => (Ungraded, step == 5 ? 0.5 : 0))));

    [Fact]
    public void A_stage_of_a_recipe_counts_from_its_own_first_step()
    {
        var advice = new PolicyAdvice(Grpo, before: 104, last: 120, every: 10);
        var told = Enumerable.Range(105, 16).SelectMany(step => advice.Take(Step(step, (Flat, step is 105 or > 115 ? 0 : 1)))).ToList();
        Assert.StartsWith("Steps 106 to 110: 100 %", Assert.Single(told).Message, StringComparison.Ordinal);
        Assert.Equal((EventLevel.Warn, DateTimeOffset.UnixEpoch.AddSeconds(110)), (told[0].Level, told[0].CreatedAt));
    }

    private static PolicyAdvice Of(PolicyOptions options, int last) => new(options, before: 0, last, every: 10);

    private static List<string> Told(PolicyOptions options, int last, Func<int, (string, double)> figure) => Told(options, last, step => [figure(step)]);

    private static List<string> Told(PolicyOptions options, int last, Func<int, (string, double)[]> figures)
    {
        var advice = Of(options, last);
        return [.. Enumerable.Range(1, last).SelectMany(step => advice.Take(Step(step, figures(step)))).Select(told => told.Message)];
    }

    private static JobMetrics Step(int step, params (string Name, double Value)[] figures) => new()
    {
        Step = step, CreatedAt = DateTimeOffset.UnixEpoch.AddSeconds(step), TrainLoss = 0, LearningRate = 1e-4, GradientNorm = 1, Tokens = 100, Seconds = 1,
        Figures = figures.ToDictionary(figure => figure.Name, figure => figure.Value),
    };
}
