using Serverless.Learning.Evaluation;

namespace Serverless.Learning.Tests.Evaluation;

public sealed class GradedAnswerTests
{
    [Theory]
    [InlineData("billing", " billing\n", true)]
    [InlineData("billing", "<think>\n\n</think>\n\nbilling", true)]
    [InlineData("<think>7+8=15</think>85", "<think>\n8+7 is 15\n</think>\n\n85", true)]
    [InlineData("<think>7+8=15</think>85", "85", true)]
    [InlineData("billing", "<think>\nbilling", false)]
    [InlineData("billing", "<think>\nbilling\n</think>\n\nshipping", false)]
    public void An_answer_is_right_by_what_follows_its_thinking(string expected, string answer, bool exact) =>
        Assert.Equal(exact, new GradedAnswer(1, "", expected, answer).Exact);

    [Fact]
    public void Where_nothing_is_expected_nothing_is_right() => Assert.False(new GradedAnswer(1, "", null, "").Exact);
}
