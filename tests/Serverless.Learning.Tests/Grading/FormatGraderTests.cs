using Serverless.Learning.Grading;

namespace Serverless.Learning.Tests.Grading;

public sealed class FormatGraderTests
{
    [Theory]
    [InlineData("<think>2 + 2</think>4", 1)]
    [InlineData("  <think>\n2 + 2\n</think>\n\n4\n", 1)]
    [InlineData("<think></think>4", 1)]
    [InlineData("4", 0)]
    [InlineData("<think>2 + 2", 0)]
    [InlineData("<think>2 + 2</think>", 0)]
    [InlineData("<think>2 + 2</think>  \n", 0)]
    [InlineData("Well, <think>2 + 2</think>4", 0)]
    [InlineData("<think>a</think><think>b</think>4", 0)]
    [InlineData("<think>a</think>4</think>", 0)]
    public void Thoughts_stand_between_one_pair_of_tags_before_an_answer(string answer, double expected) =>
        Assert.Equal(expected, Graded.Grade("""{"type": "format", "name": "f", "builtin": "think"}""", "{}", answer).Score);

    [Theory]
    [InlineData(@"^#### \\d+$", "#### 12", 1)]
    [InlineData(@"^#### \\d+$", "12", 0)]
    [InlineData(@"(?s)^<a>.*</a>$", "<a>1\n2</a>", 1)]
    [InlineData(@"^(?=.*x)(\\w)\\1", "aax", 1)]
    [InlineData(@"^(?=.*x)(\\w)\\1", "abx", 0)]
    public void A_pattern_is_looked_for_in_the_answer(string pattern, string answer, double expected) =>
        Assert.Equal(expected, Graded.Grade($$"""{"type": "format", "name": "f", "pattern": "{{pattern}}"}""", "{}", answer).Score);

    [Fact]
    public void A_pattern_that_would_backtrack_for_ever_takes_time_in_proportion_where_it_can()
    {
        var grade = Graded.Grade("""{"type": "format", "name": "f", "pattern": "^(a+)+$", "time_limit_seconds": 10}""", "{}", new string('a', 5000) + "!");
        Assert.Empty(grade.Faults);
        Assert.Equal(0, grade.Score);
    }

    [Fact]
    public void A_pattern_that_never_comes_to_an_end_is_stopped_and_said_to_be()
    {
        // The back-reference forces backtracking, which takes 2^64 ways here.
        var grade = Graded.Grade("""{"type": "format", "name": "slow", "pattern": "^(a+)+\\1b$", "time_limit_seconds": 0.05}""", "{}", new string('a', 64));
        Assert.Equal((0, false), (grade.Score, grade.Passed));
        Assert.Equal(
            new GradeFault(
                GradeFaultKind.UnresponsiveReward,
                "slow.pattern: found no end after 0.05 s; allowed: a pattern without look-around and back-references, which takes time in proportion "
                + "to the text, or one that backtracks less"),
            Assert.Single(grade.Faults));
    }
}
