using System.Text.Json;

namespace Serverless.Learning.Tests.Grading;

public sealed class FormulaTests
{
    [Theory]
    [InlineData("a", 1)]
    [InlineData("1 + 2 * 3", 7)]
    [InlineData("(1 + 2) * 3", 9)]
    [InlineData("8 - 3 - 2", 3)]
    [InlineData("16 / 4 / 2", 2)]
    [InlineData("2 ^ 3 ^ 2", 512)]
    [InlineData("-2 ^ 2", -4)]
    [InlineData("2 ^ -1", 0.5)]
    [InlineData("2 * -3", -6)]
    [InlineData("- - +2", 2)]
    [InlineData("1e-2 + .5", 0.51)]
    [InlineData("min(3, a, 2)", 1)]
    [InlineData("max(b, a)", 1)]
    [InlineData("abs(b - 2)", 2)]
    [InlineData("floor(2.7) + ceil(2.2)", 5)]
    [InlineData("exp(log(3))", 3)]
    [InlineData("sqrt(9) * (a + b)", 3)]
    [InlineData("a*0.5+b*0.5", 0.5)]
    public void Formulas_are_arithmetic(string formula, double expected) =>
        Assert.Equal(expected, Graded.Parse(Multi(formula)).Grade(Graded.Json("{}"), new Learning.Grading.GraderSample("yes")).Score, 1e-12);

    [Theory]
    [InlineData("", 1, "found the end of the formula; allowed: a number, a grader's name, a function or '('")]
    [InlineData("a +", 4, "found the end of the formula; allowed: a number, a grader's name, a function or '('")]
    [InlineData("a b", 3, "found 'b'; allowed: an operator, or the end")]
    [InlineData("a + c", 5, "found \"c\"; allowed: a, b, and the functions min, max, abs, floor, ceil, exp, sqrt, log")]
    [InlineData("(a + b", 7, "found the end of the formula; allowed: an operator or ')'")]
    [InlineData("a + b)", 6, "found ')'; allowed: an operator, or the end")]
    [InlineData("min(a)", 1, "found min with 1 argument; allowed: two arguments or more")]
    [InlineData("1 + abs(a, b)", 5, "found abs with 2 arguments; allowed: one argument")]
    [InlineData("max a", 5, "found 'a'; allowed: '(' behind max")]
    [InlineData("max(a; b)", 6, "found ';'; allowed: an operator, ',' or ')'")]
    [InlineData("1.2.3", 1, "found \"1.2.3\"; allowed: a number such as 0.5")]
    [InlineData("a % 2", 3, "found '%'; allowed: an operator, or the end")]
    [InlineData("__import__('os')", 1, "found \"__import__\"; allowed: a, b, and the functions min, max, abs, floor, ceil, exp, sqrt, log")]
    public void A_fault_of_a_formula_is_named_with_its_position(string formula, int position, string fault) =>
        Assert.Equal($"grader.calculate_output: position {position}: {fault}", Graded.Refusal(Multi(formula)));

    [Theory]
    [InlineData("(")]
    [InlineData("-")]
    [InlineData("2^")]
    public void A_formula_nested_too_deeply_is_refused(string open)
    {
        var formula = string.Concat(Enumerable.Repeat(open, 100_000)) + "1";
        Assert.EndsWith("found a formula nested deeper than 64 levels; allowed: 64 levels", Graded.Refusal(Multi(formula)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("+", 2001)]
    [InlineData("*", 2001)]
    public void A_formula_of_very_many_parts_is_refused_instead_of_overflowing_the_stack_when_it_is_computed(string sign, int position)
    {
        var formula = string.Join(sign, Enumerable.Repeat("1", 100_000));
        Assert.Equal(
            $"grader.calculate_output: position {position}: found a formula of more than 1000 parts; allowed: 1000 numbers, names, functions and brackets", Graded.Refusal(Multi(formula)));
        Assert.Equal(1000, Graded.Parse(Multi(string.Join('+', Enumerable.Repeat("1", 1000)))).Grade(Graded.Json("{}"), new Learning.Grading.GraderSample("yes")).Score);
    }

    /// <summary>A multi grader whose part a gives 1 and part b gives 0 to the answer yes.</summary>
    private static string Multi(string formula) => JsonSerializer.Serialize(new
    {
        type = "multi",
        name = "m",
        calculate_output = formula,
        graders = new { a = Check("yes"), b = Check("no") },
    });

    private static object Check(string reference) =>
        new { type = "string_check", name = reference, operation = "eq", input = "{{sample.output_text}}", reference };
}
