using Serverless.Learning.Text;
using Serverless.Learning.Text.ToolCalls;

namespace Serverless.Learning.Evaluation;

/// <summary>A generated answer beside the one that was expected, if any was.</summary>
/// <param name="Line">The example's line in its file.</param>
/// <param name="Prompt">The last user message.</param>
/// <param name="Expected">The assistant message of the data set, tool calls in it as the model's template writes them; null where it has none, as of prompts that only graders judge.</param>
/// <param name="Answer">What the model answered, greedily, as it is read: with the opening of its thinking where the prompt has written that.</param>
public sealed record GradedAnswer(int Line, string Prompt, string? Expected, string Answer)
{
    /// <summary>The tool calls that are expected; null where none are, and where the template's cannot be read back.</summary>
    public IReadOnlyList<ToolCall>? ExpectedCalls { get; init; }

    /// <summary>The tool calls of the answer; null without any.</summary>
    public IReadOnlyList<ToolCall>? Calls { get; init; }

    /// <summary>
    /// There is an expected answer, and the answer has its tool calls in their order, with equal names and arguments that are equal as JSON; where none are
    /// expected, what follows the thinking of both is equal after leading and trailing white space is taken off.
    /// </summary>
    public bool Exact => Expected is not null
        && (ExpectedCalls is { } calls ? AnsweredCalls.AreSame(calls, Calls) : Thought.Without(Expected).Trim() == Thought.Without(Answer).Trim());
}
