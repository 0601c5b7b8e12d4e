using System.Text.Json;
using Serverless.Learning.Evaluation;
using Serverless.Learning.Grading;
using Serverless.Learning.Training;
using Serverless.Service.Inference;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Service.Tests.Pipeline;

/// <summary>What an evaluation says of a tuned model, and whether it is good enough.</summary>
public sealed class PublishGateTests
{
    [Theory]
    [InlineData(0, 0, "found a gain of 0 in polite, and publish_if asks for more than 0")]
    [InlineData(0.5, 0, null)]
    [InlineData(0.5, 0.5, null)]
    [InlineData(0.5, 0.75, "found a gain of 0.5 in polite, and publish_if asks for 0.75 or more")]
    [InlineData(-0.5, 0, "found a gain of -0.5 in polite, and publish_if asks for more than 0")]
    public void A_model_is_published_if_it_is_better_at_all_and_by_as_much_as_was_asked_for(double gain, double minimum, string? reason)
    {
        double[] before = [0.5, 0.5], after = [0.5 + gain, 0.5 + gain];
        var evaluation = Evaluation(new GraderScores("polite", [.. before]), new GraderScores("polite", [.. after]));
        Assert.Equal(reason is null ? null : $"The model was not published: {reason}. Its checkpoints can be used.", PublishGate.Against(new PublishCondition("polite", minimum), evaluation));
    }

    [Fact]
    public void A_grader_that_could_grade_no_answer_is_named_with_its_reason_instead_of_a_gain()
    {
        var blank = new GraderScores("polite", [0, 0], 2, "polite.input: the item has no \"x\"");
        var evaluation = Evaluation(blank, blank);
        Assert.Equal(
            "The model was not published: the grader 'polite' could grade none of the answers (the first fault: polite.input: the item has no \"x\"), so that there is no gain in polite, "
            + "and publish_if asks for more than 0. Its checkpoints can be used.",
            PublishGate.Against(new PublishCondition("polite", 0), evaluation));
        Assert.Equal(
            "The grader 'polite' could not grade 2 of 2 answers of the base and 2 of 2 of the tuned model, and what could not be graded counts 0 (the first fault: polite.input: the item has no \"x\")",
            Assert.Single(UngradedAnswers.Of(evaluation)));
    }

    [Fact]
    public void Answers_of_the_base_alone_that_cannot_be_graded_are_a_gain()
    {
        var evaluation = Evaluation(new GraderScores("polite", [0, 0], 2, "no JSON"), new GraderScores("polite", [1, 1]));
        Assert.Null(PublishGate.Against(new PublishCondition("polite", 0), evaluation));
        Assert.Single(UngradedAnswers.Of(evaluation));
        Assert.Empty(UngradedAnswers.Of(Evaluation(new GraderScores("polite", [0]), new GraderScores("polite", [1]))));
    }

    [Fact]
    public void A_grader_that_was_given_up_has_measured_nothing()
    {
        var evaluation = Evaluation(new GraderScores("polite", [0, 0], 2, "no end") { TimedOutInRow = 8 }, new GraderScores("polite", [1, 1]));
        Assert.Contains(
            "could not grade 2 of 2 answers of the base and 0 of 2 of the tuned model (the first fault: no end; after 8 answers in a row without an end in time it was not asked any more), so that there is no gain",
            PublishGate.Against(new PublishCondition("polite", 0), evaluation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_grader_is_given_up_after_eight_answers_in_a_row_without_an_end_and_not_before()
    {
        var grader = Grader.Parse(JsonSerializer.SerializeToElement(
            new { type = "format", name = "slow", pattern = "^(?=a)(a+)+$", input = "{{sample.output_text}}", time_limit_seconds = 0.02 }), "grader");
        string slow = new string('a', 40) + "!", quick = "b";
        var patience = new GraderPatience();
        var grades = await GradesAsync([.. Enumerable.Repeat(slow, 7), quick, .. Enumerable.Repeat(slow, 20)]);
        Assert.True(patience.IsOver);
        Assert.Equal([.. Enumerable.Repeat("slow.pattern", 7), "none", .. Enumerable.Repeat("slow.pattern", 8), .. Enumerable.Repeat("not graded", 12)], grades.Select(
            grade => grade.Faults.IsEmpty ? "none" : grade.Faults[0].Message.Split(':')[0]));
        Assert.All(grades.Where(grade => !grade.Faults.IsEmpty), grade => Assert.Equal(GradeFaultKind.UnresponsiveReward, grade.Faults[0].Kind));

        Task<IReadOnlyList<Grade>> GradesAsync(string[] answers) => AskedGrades.OfAsync(
            grader, [.. answers.Select(answer => (JsonSerializer.SerializeToElement(new { }), new GraderSample(answer)))],
            _ => Task.FromResult<IReadOnlyList<GraderReply>>([]), TestContext.Current.CancellationToken, patience);
    }

    [Fact]
    public void Preferences_have_the_margin_of_each_pair_and_the_intervals_of_both_figures()
    {
        PairScore[] before = [new(-1, -1), new(-1, -1), new(-1, -1), new(-1, -1)], after = [new(-0.5, -1), new(-0.5, -1.5), new(-1, -1), new(-2, -1)];
        var evaluation = new JobEvaluation { Examples = 4, Base = new ModelEvaluation { Pairs = [.. before] }, Tuned = new ModelEvaluation { Pairs = [.. after] } }.WithPreference(0.1, 7);
        Assert.Equal([0.05, 0.1, 0, -0.1], evaluation.PairMargins.Select(margin => Math.Round(margin, 12)));
        Assert.Equal(0.625, evaluation.RewardAccuracy);
        Assert.Equal((0.625, true), (evaluation.RewardAccuracyInterval!.Mean, evaluation.RewardAccuracyInterval.Low < 0.625 && evaluation.RewardAccuracyInterval.High > 0.625));
        Assert.Equal(evaluation.RewardMargin!.Value, evaluation.RewardMarginInterval!.Mean, 1e-12);
        Assert.Equal(Bootstrap.Mean([1, 1, 0.5, 0], 7), evaluation.RewardAccuracyInterval);
        var again = JsonSerializer.Deserialize<JobEvaluation>(JsonSerializer.Serialize(evaluation, PipelineJson.Options), PipelineJson.Options)!;
        Assert.Equal((evaluation.RewardAccuracyInterval, 4), (again.RewardAccuracyInterval, again.PairMargins.Length));
    }

    [Fact]
    public void An_evaluation_that_was_written_without_intervals_is_still_read()
    {
        const string Old = """{"examples": 4, "base": {"scored": 4}, "tuned": {"scored": 4, "graders": [{"name": "g", "scores": [1, 0], "faults": 1, "firstFault": "f"}]}, "rewardAccuracy": 0.75, "rewardMargin": 0.1, "finished": true}""";
        var read = JsonSerializer.Deserialize<JobEvaluation>(Old, PipelineJson.Options)!;
        Assert.Equal((0.75, null, null, 0), (read.RewardAccuracy, read.RewardAccuracyInterval, read.RewardMarginInterval, read.PairMargins.Length));
        Assert.Equal((0, false), (read.Tuned.Graders[0].TimedOutInRow, read.Tuned.Graders[0].IsGivenUp));
        Assert.Equal(0.25, read.GainOf("reward_accuracy"));
    }

    private static JobEvaluation Evaluation(GraderScores before, GraderScores after) =>
        new JobEvaluation { Examples = before.Scores.Length, Base = new ModelEvaluation { Graders = [before] }, Tuned = new ModelEvaluation { Graders = [after] } }.Compared(1);
}
