using Serverless.Learning.Grading;

namespace Serverless.Learning.Tests.Grading;

public sealed class ModelGraderTests
{
    private const string Score = """
        {"type": "score_model", "name": "judge", "model": "sample-8m", "range": [1, 5], "pass_threshold": 4,
         "sampling_params": {"temperature": 0.5, "top_p": 0.9, "seed": 7, "max_completions_tokens": 64},
         "input": [{"role": "system", "content": "Judge strictly."},
                   {"role": "user", "content": [{"type": "input_text", "text": "Question: {{item.q}} "}, {"type": "input_text", "text": "Answer: {{sample.output_text}}"}]}]}
        """;

    private const string Label = """
        {"type": "label_model", "name": "tone", "model": "sample-8m", "labels": ["good", "very good", "bad"], "passing_labels": ["good", "very good"],
         "input": [{"role": "user", "content": "{{sample.output_text}}"}]}
        """;

    [Fact]
    public void A_score_model_asks_with_its_templates_and_says_how_to_answer()
    {
        var question = Assert.Single(Graded.Parse(Score).Questions(Graded.Json("""{"q": "2+2?"}"""), new GraderSample("4")));
        Assert.Equal(("sample-8m", 64, 0.5, 0.9, 7), (question.Model, question.MaxTokens, question.Temperature, question.TopP, question.Seed));
        Assert.Equal(
            [("system", "Judge strictly."), ("user", "Question: 2+2? Answer: 4\n\nAnswer with a number from 1 to 5, and nothing else.")],
            question.Messages.Select(message => (message.Role, message.Content!)));
    }

    [Theory]
    [InlineData("4", 4, true)]
    [InlineData("<think>It is 1 of 2.</think> Score: 3.5", 3.5, false)]
    [InlineData("{\"steps\": [], \"result\": 5.0}", 5, true)]
    public void The_score_is_the_last_number_behind_the_thoughts(string answer, double score, bool passed)
    {
        var grade = Ask(Score, answer);
        Assert.Empty(grade.Faults);
        Assert.Equal((score, passed), (grade.Score, grade.Passed));
    }

    [Theory]
    [InlineData("9", "judge.model: 'sample-8m' answered \"9\"; allowed: a number from 1 to 5")]
    [InlineData("I cannot say anything about this long answer", "judge.model: 'sample-8m' answered \"I cannot say anything about this long an…\"; allowed: a number from 1 to 5")]
    public void An_answer_without_a_score_is_a_fault(string answer, string message)
    {
        var fault = Assert.Single(Ask(Score, answer).Faults);
        Assert.Equal((GradeFaultKind.ModelParse, message), (fault.Kind, fault.Message));
    }

    [Theory]
    [InlineData("good", 1)]
    [InlineData("That is Very Good!", 1)]
    [InlineData("bad.", 0)]
    public void A_label_model_passes_with_a_passing_label(string answer, double score)
    {
        var grade = Ask(Label, answer);
        Assert.Empty(grade.Faults);
        Assert.Equal(score, grade.Score);
    }

    [Theory]
    [InlineData("good or bad")]
    [InlineData("fine")]
    public void An_answer_without_one_label_is_a_fault(string answer) => Assert.Equal(
        $"tone.model: 'sample-8m' answered \"{answer}\"; allowed: one of good, very good, bad", Graded.Fault(Ask(Label, answer)));

    [Fact]
    public void A_model_that_fails_is_a_fault_of_its_own_kind()
    {
        var grade = Graded.Parse(Label).Grade(Graded.Json("{}"), new GraderSample("x"), [new GraderAnswer("", "it does not exist")]);
        Assert.Equal(new GradeFault(GradeFaultKind.ModelServer, "tone.model: 'sample-8m' did not answer: it does not exist"), Assert.Single(grade.Faults));
    }

    [Fact]
    public void Answers_go_to_the_parts_that_asked_also_where_one_could_not_ask()
    {
        var grader = Graded.Parse(
            $$$"""
            {"type": "multi", "name": "m", "calculate_output": "10 * a + b", "graders": {
              "broken": {"type": "label_model", "name": "broken", "model": "x", "labels": ["l"], "passing_labels": ["l"], "input": [{"role": "user", "content": "{{item.none}}"}]},
              "a": {{{Score}}},
              "b": {{{Label}}}
            } }
            """);
        var (item, sample) = (Graded.Json("""{"q": "?"}"""), new GraderSample("4"));
        Assert.Equal(2, grader.Questions(item, sample).Count);
        var grade = grader.Grade(item, sample, [new GraderAnswer("3"), new GraderAnswer("good")]);
        Assert.Equal(31, grade.Score);
        Assert.Equal("broken.input[0].content: {{item.none}}: the item has no \"none\"", Graded.Fault(grade));
    }

    private static Grade Ask(string grader, string answer) =>
        Graded.Parse(grader).Grade(Graded.Json("""{"q": "?"}"""), new GraderSample("x"), [new GraderAnswer(answer)]);
}
