using System.Diagnostics;
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
                "slow.pattern: found no end after 0.05 s; allowed: a pattern of at most 512 characters without look-around and back-references, which takes time "
                + "in proportion to the text, or one that backtracks less"),
            Assert.Single(grade.Faults));
    }

    [Fact]
    public void A_pattern_of_many_classes_is_compiled_in_little_memory()
    {
        // Each excludes another character: an automaton over all of them would have to know which of 2^n sets a character is in.
        var pattern = string.Concat(Enumerable.Range(0, 1024).Select(i => $"[^{(char)(0x4E00 + 7 * i)}]"));
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var compiled = FormatGrader.Compile(pattern, TimeSpan.FromSeconds(1));
        Assert.DoesNotMatch(compiled, "short");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 50_000_000);
        Assert.False(compiled.Options.HasFlag(System.Text.RegularExpressions.RegexOptions.NonBacktracking));
        Assert.True(FormatGrader.Compile(pattern[..512], TimeSpan.FromSeconds(1)).Options.HasFlag(System.Text.RegularExpressions.RegexOptions.NonBacktracking));
    }

    [Fact]
    public void More_parts_than_a_grader_may_have_are_refused() => Assert.Equal(
        "grader.graders: found 17 graders; allowed: an object of 1 to 16 graders by their names",
        Assert.Throws<InputError>(() => Several(17, 1)).Message);

    [Fact]
    public void Parts_of_a_grader_share_one_time_after_which_none_is_begun()
    {
        var grader = Several(16, 0.2);
        var clock = Stopwatch.StartNew();
        var grade = grader.GradeWithin(TimeSpan.FromSeconds(0.3), Graded.Json("{}"), new GraderSample(new string('a', 64)), null, TestContext.Current.CancellationToken);

        // Two or three that begin within the time, of 0.2 s each; all sixteen would take 3.2 s.
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.3, 2);
        Assert.Equal(16, grade.Faults.Length);
        Assert.All(grade.Faults, fault => Assert.Equal(GradeFaultKind.UnresponsiveReward, fault.Kind));
        Assert.Equal("m.graders.p15: not begun, since the graders before it took 0.3 s; allowed: graders that end within this time together", grade.Faults[^1].Message);
    }

    [Fact]
    public async Task A_grading_that_nobody_waits_for_any_more_begins_no_further_part()
    {
        using var left = new CancellationTokenSource();
        var grading = Task.Run(() => Several(16, 0.2).Grade(Graded.Json("{}"), new GraderSample(new string('a', 64)), ct: left.Token), TestContext.Current.CancellationToken);
        await left.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => grading);
    }

    private static Grader Several(int parts, double seconds)
    {
        var members = Enumerable.Range(0, parts).Select(i => FormattableString.Invariant($$""" "p{{i}}": {"type": "format", "name": "p{{i}}", "pattern": "^(a+)+\\1b$", "time_limit_seconds": {{seconds}}} """));
        return Grader.Parse(Graded.Json($$"""{"type": "multi", "name": "m", "calculate_output": "p0", "graders": { {{string.Join(',', members)}} } }"""), "grader");
    }
}
