using Serverless.Learning.Grading;

namespace Serverless.Learning.Tests.Grading;

public sealed class GraderTests
{
    private const string Similar = """{"type": "text_similarity", "name": "near", "input": "{{sample.output_text}}", "reference": "{{item.answer}}", "evaluation_metric": "fuzzy_match", "pass_threshold": 0.8}""";

    [Theory]
    [InlineData("eq", "Paris", 1)]
    [InlineData("eq", "paris", 0)]
    [InlineData("ne", "paris", 1)]
    [InlineData("ne", "Paris", 0)]
    [InlineData("like", "It is Paris.", 1)]
    [InlineData("like", "It is PARIS.", 0)]
    [InlineData("ilike", "It is PARIS.", 1)]
    [InlineData("ilike", "It is Rome.", 0)]
    public void String_check_compares_the_answer_with_the_reference(string operation, string answer, double expected)
    {
        var grade = Graded.Grade(
            $$$"""{"type": "string_check", "name": "city", "operation": "{{{operation}}}", "input": "{{sample.output_text}}", "reference": "{{item.city}}"}""",
            """{"city": "Paris"}""", answer);
        Assert.Equal(expected, grade.Score);
        Assert.Equal(expected == 1, grade.Passed);
        Assert.Empty(grade.Faults);
    }

    [Theory]
    [InlineData("shipping", 1, true)]
    [InlineData("shippin", 14.0 / 15, true)]
    [InlineData("ship", 8.0 / 12, false)]
    public void Text_similarity_scores_by_degree_and_passes_from_its_threshold(string answer, double expected, bool passed)
    {
        var grade = Graded.Grade(Similar, """{"answer": "shipping"}""", answer);
        Assert.Equal(expected, grade.Score, 1e-12);
        Assert.Equal(passed, grade.Passed);
    }

    [Fact]
    public void Text_similarity_refuses_to_compare_texts_that_would_take_too_long()
    {
        var grade = Graded.Grade(Similar, """{"answer": "x"}""", new string('x', 100_001));
        Assert.Equal((0, false), (grade.Score, grade.Passed));
        Assert.Equal(new GradeFault(GradeFaultKind.TruncatedObservation, "near.input: found 100001 characters; allowed: at most 100000"), Assert.Single(grade.Faults));
    }

    [Fact]
    public void Multi_weighs_its_parts_by_the_formula_and_shows_each_of_them()
    {
        var grade = Graded.Grade(
            """
            {"type": "multi", "name": "both", "calculate_output": "0.8 * right + 0.2 * form", "pass_threshold": 0.5, "graders": {
              "right": {"type": "number_match", "name": "right number", "reference": "{{item.answer}}"},
              "form": {"type": "format", "name": "thoughts", "builtin": "think"}}}
            """,
            """{"answer": 42}""", "The answer is 42.");
        Assert.Equal(0.8, grade.Score, 1e-12);
        Assert.True(grade.Passed);
        Assert.Equal(["right", "form"], grade.Parts.Select(part => part.Key));
        Assert.Equal([1.0, 0.0], grade.Parts.Select(part => part.Value.Score));
    }

    [Fact]
    public void A_part_that_cannot_grade_counts_nothing_and_says_why()
    {
        var grade = Graded.Grade(
            """
            {"type": "multi", "name": "both", "calculate_output": "a + b", "graders": {
              "a": {"type": "string_check", "name": "a", "operation": "eq", "input": "{{sample.output_json.city}}", "reference": "Paris"},
              "b": {"type": "string_check", "name": "b", "operation": "like", "input": "{{sample.output_text}}", "reference": "Paris"}}}
            """,
            "{}", "Paris");
        Assert.Equal((1, false), (grade.Score, grade.Passed));
        Assert.Equal("a.input: {{sample.output_json.city}}: the answer is not JSON (line 1, byte 1)", Graded.Fault(grade));
        Assert.Equal(GradeFaultKind.SampleParse, grade.Faults[0].Kind);
    }

    [Fact]
    public void A_formula_without_a_finite_value_is_a_fault_and_gives_nothing()
    {
        var grade = Graded.Grade(
            """
            {"type": "multi", "name": "ratio", "calculate_output": "1 / a", "graders": {
              "a": {"type": "string_check", "name": "a", "operation": "eq", "input": "{{sample.output_text}}", "reference": "yes"}}}
            """,
            "{}", "no");
        Assert.Equal(0, grade.Score);
        Assert.Equal(
            new GradeFault(GradeFaultKind.FormulaParse, "ratio.calculate_output: found no finite number with a = 0; allowed: a formula that has one for all scores"),
            Assert.Single(grade.Faults));
    }

    [Fact]
    public void A_grader_names_the_keys_that_items_must_have_and_the_models_it_asks()
    {
        var grader = Graded.Parse(
            """
            {"type": "multi", "name": "m", "calculate_output": "a + b", "graders": {
              "a": {"type": "number_match", "name": "a", "input": "{{item.draft[0]}}", "reference": "{{item.answer}}"},
              "b": {"type": "score_model", "name": "b", "model": "judge", "input": [{"role": "user", "content": "{{item.answer}} or {{item.question}}?"}]}}}
            """);
        Assert.Equal(["draft", "answer", "question"], grader.ItemKeys);
        Assert.Equal(["judge"], grader.Models);
    }
}
