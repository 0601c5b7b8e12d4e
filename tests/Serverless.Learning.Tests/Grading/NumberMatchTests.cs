namespace Serverless.Learning.Tests.Grading;

public sealed class NumberMatchTests
{
    [Theory]
    [InlineData("The answer is 42.", "42")]
    [InlineData("6 * 7 = 42", "42")]
    [InlineData("$1,234,567.50", "1234567.5")]
    [InlineData("1\u202F234", "1,234")]
    [InlineData("costs 5 dollars", "5.00")]
    [InlineData("-3", "-3")]
    [InlineData("x = -3", "−3")]
    [InlineData("-$3.50", "-3.5")]
    [InlineData("7-3", "3")]
    [InlineData("(7)-3", "3")]
    [InlineData("from 10 - 3", "3")]
    [InlineData("3/4", "0.75")]
    [InlineData("1 1/2", "1.5")]
    [InlineData("-1 1/2", "-3/2")]
    [InlineData("\\frac{1}{3}", "2/6")]
    [InlineData("-\\dfrac{1}{3}", "-1/3")]
    [InlineData("50%", "1/2")]
    [InlineData("12.5 %", "0.125")]
    [InlineData("12.5\\%", "12.5%")]
    [InlineData("2.5e3", "2500")]
    [InlineData("1E-3", ".001")]
    [InlineData("it is .5", "0.5")]
    [InlineData("1/0", "1")]
    [InlineData("1,23", "23")]
    [InlineData("\\boxed{17}", "#### 17")]
    [InlineData("**17**", "17")]
    [InlineData("0.1", "0.10")]
    public void The_last_number_of_the_answer_is_the_number_of_the_reference(string answer, string reference) =>
        Assert.Equal(1, Match(answer, reference));

    [Theory]
    [InlineData("42 and then 43", "42")]
    [InlineData("3", "-3")]
    [InlineData("50%", "50")]
    [InlineData("no number", "0")]
    [InlineData("", "0")]
    [InlineData("0.333", "1/3")]
    [InlineData("1234", "12,34")]
    [InlineData("1e999", "1")]
    public void Another_number_or_none_is_wrong_and_no_fault(string answer, string reference) => Assert.Equal(0, Match(answer, reference));

    [Theory]
    [InlineData("0.333", "1/3", 0.001, 1)]
    [InlineData("0.33", "1/3", 0.001, 0)]
    [InlineData("9.9", "10", 0.1, 1)]
    [InlineData("-10", "10", 0.1, 0)]
    public void A_tolerance_is_a_distance_and_belongs_to_the_range(string answer, string reference, double tolerance, double expected) =>
        Assert.Equal(expected, Match(answer, reference, tolerance));

    [Fact]
    public void A_reference_without_a_number_is_a_fault()
    {
        var grade = Graded.Grade("""{"type": "number_match", "name": "n", "reference": "{{item.a}}"}""", """{"a": "none"}""", "1");
        Assert.Equal("n.reference: found no number; allowed: a text with one", Graded.Fault(grade));
    }

    [Fact]
    public void A_long_row_of_groups_and_digits_is_read_without_delay()
    {
        var groups = string.Concat(Enumerable.Repeat("111,", 20_000));
        Assert.Equal(1, Match($"{groups}1111 {new string('7', 50_000)} 1e-5", "0.00001"));
    }

    private static double Match(string answer, string reference, double tolerance = 0)
    {
        var grader = System.Text.Json.JsonSerializer.Serialize(new { type = "number_match", name = "n", reference = "{{item.a}}", tolerance });
        var grade = Graded.Grade(grader, System.Text.Json.JsonSerializer.Serialize(new { a = reference }), answer);
        Assert.Empty(grade.Faults);
        return grade.Score;
    }
}
