namespace Serverless.Learning.Tests.Grading;

public sealed class GraderFaultTests
{
    [Theory]
    [InlineData("[]", "grader: found an array; allowed: a grader, an object with a type")]
    [InlineData("{}", "grader.type: found nothing; allowed: string_check, text_similarity, number_match, format, score_model, label_model, multi")]
    [InlineData("""{"type": "exact"}""", "grader.type: found \"exact\"; allowed: string_check, text_similarity, number_match, format, score_model, label_model, multi")]
    [InlineData(
        """{"type": "python", "name": "p", "source": "def grade(sample, item): return 1"}""",
        "grader.type: found \"python\", code that this service would have to run and does not; use string_check, number_match, format or text_similarity, and combine them with multi")]
    [InlineData(
        """{"type": "text_similarity", "name": "n", "input": "a", "reference": "b", "evaluation_metric": "cosine"}""",
        "grader.evaluation_metric: found \"cosine\", which compares embeddings, and this service has no embedding model; use fuzzy_match, bleu, gleu or rouge_l")]
    [InlineData(
        """{"type": "text_similarity", "name": "n", "input": "a", "reference": "b", "evaluation_metric": "meteor"}""",
        "grader.evaluation_metric: found \"meteor\", which needs the synonyms of WordNet, and this service does not have them; use gleu or rouge_l")]
    [InlineData(
        """{"type": "text_similarity", "name": "n", "input": "a", "reference": "b", "evaluation_metric": "rouge_6"}""",
        "grader.evaluation_metric: found \"rouge_6\"; allowed: fuzzy_match, bleu, gleu, rouge_1, rouge_2, rouge_3, rouge_4, rouge_5, rouge_l")]
    [InlineData(
        """{"type": "text_similarity", "name": "n", "input": "a", "reference": "b", "evaluation_metric": "bleu", "pass_threshold": 80}""",
        "grader.pass_threshold: found 80; allowed: a number from 0 to 1")]
    [InlineData(
        """{"type": "format", "name": "n", "pattern": "(a"}""",
        "grader.pattern: position 3: InsufficientClosingParentheses; allowed: a regular expression of .NET")]
    [InlineData(
        """{"type": "format", "name": "n"}""",
        "grader.pattern: found nothing (beside type, name); allowed: a regular expression, or builtin: think")]
    [InlineData("""{"type": "format", "name": "n", "builtin": "xml"}""", "grader.builtin: found \"xml\"; allowed: think")]
    [InlineData("""{"type": "format", "name": "n", "builtin": "think", "pattern": "x"}""", "grader.builtin: found a builtin and a pattern; allowed: one of them")]
    [InlineData(
        """{"type": "format", "name": "n", "pattern": "x", "time_limit_seconds": 60}""",
        "grader.time_limit_seconds: found 60; allowed: a number from 0.001 to 10")]
    [InlineData("""{"type": "multi", "name": "n", "calculate_output": "1", "graders": {}}""", "grader.graders: found an empty object; allowed: an object of 1 to 16 graders by their names")]
    [InlineData(
        """{"type": "multi", "name": "n", "calculate_output": "1", "graders": {"x": {"type": "multi"}}}""",
        "grader.graders.x.type: found \"multi\"; allowed: string_check, text_similarity, number_match, format, score_model, label_model")]
    [InlineData(
        """{"type": "multi", "name": "n", "calculate_output": "1", "graders": {"a-b": {"type": "format", "name": "f", "builtin": "think"}}}""",
        "grader.graders.a-b: found the name \"a-b\"; allowed: letters, digits and _, not a digit first and no function of formulas")]
    [InlineData(
        """{"type": "score_model", "name": "n", "model": "m", "input": []}""",
        "grader.input: found an empty array; allowed: an array of messages, each with role and content")]
    [InlineData(
        """{"type": "score_model", "name": "n", "model": "m", "input": [{"role": "judge", "content": "x"}]}""",
        "grader.input[0].role: found \"judge\"; allowed: system, developer, user, assistant")]
    [InlineData(
        """{"type": "score_model", "name": "n", "model": "m", "input": [{"role": "user", "content": {"type": "input_image"}}]}""",
        "grader.input[0].content: found an object; allowed: a text, or parts of the type input_text or output_text")]
    [InlineData(
        """{"type": "score_model", "name": "n", "model": "m", "input": [{"role": "user", "content": "x"}], "range": [1, 0]}""",
        "grader.range: found [1, 0]; allowed: two numbers, the lower first")]
    [InlineData(
        """{"type": "label_model", "name": "n", "model": "m", "input": [{"role": "user", "content": "x"}], "labels": ["a", "b"], "passing_labels": ["c"]}""",
        "grader.passing_labels: found \"c\"; allowed: a, b")]
    public void A_bad_grader_is_refused_by_field(string grader, string message) => Assert.Equal(message, Graded.Refusal(grader));

    [Fact]
    public void All_faults_of_a_grader_are_named_at_once()
    {
        var message = Graded.Refusal(
            """
            {"type": "multi", "calculate_output": "x + z", "graders": {
              "x": {"type": "string_check", "name": "x", "operation": "equals", "input": "{{itm}}", "reference": 3},
              "y": {"type": "number_match", "name": "", "reference": "{{item.y}}", "tolerance": -1}}}
            """);
        Assert.Equal(
            """
            grader.name: found nothing (beside type, calculate_output, graders); allowed: a name of 1 to 128 characters
            grader.graders.x.operation: found "equals"; allowed: eq, ne, like, ilike
            grader.graders.x.input: position 3: found "itm"; allowed: item, sample
            grader.graders.x.reference: found 3; allowed: a text, in which {{item.…}} and {{sample.…}} stand for values
            grader.graders.y.name: found 0 characters; allowed: a name of 1 to 128 characters
            grader.graders.y.tolerance: found -1; allowed: a number from 0 to 1000000000000000
            grader.calculate_output: position 5: found "z"; allowed: x, y, and the functions min, max, abs, floor, ceil, exp, sqrt, log
            """.ReplaceLineEndings("\n"), message);
    }

    [Fact]
    public void A_pattern_that_would_take_seconds_to_compile_is_refused_by_its_length()
    {
        static string WithPattern(int characters) => $$"""{"type": "format", "name": "n", "pattern": "{{string.Concat(Enumerable.Repeat(@"\\^", characters / 2))}}"}""";
        Assert.Equal("grader.pattern: found 4,098 characters; allowed: at most 4,096", Graded.Refusal(WithPattern(4098)));
        Assert.NotNull(Learning.Grading.Grader.Parse(Graded.Json(WithPattern(4096)), "grader"));
    }

    [Fact]
    public void The_fault_carries_the_place_of_the_grader_in_the_request()
    {
        var error = Assert.Throws<InputError>(() => Learning.Grading.Grader.Parse(Graded.Json("{}"), "method.reinforcement.grader"));
        Assert.Equal(("method.reinforcement.grader", "invalid_grader"), (error.Parameter, error.Code));
        Assert.StartsWith("method.reinforcement.grader.type: found nothing", error.Message, StringComparison.Ordinal);
    }
}
