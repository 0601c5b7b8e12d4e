using Serverless.Learning.Text;

namespace Serverless.Learning.Evaluation;

/// <summary>A generated answer beside the one that was expected, if any was.</summary>
/// <param name="Line">The example's line in its file.</param>
/// <param name="Prompt">The last user message.</param>
/// <param name="Expected">The assistant message of the data set; null where it has none, as of prompts that only graders judge.</param>
/// <param name="Answer">What the model answered, greedily, as it is read: with the opening of its thinking where the prompt has written that.</param>
public sealed record GradedAnswer(int Line, string Prompt, string? Expected, string Answer)
{
    /// <summary>There is an expected answer, and what follows the thinking of both is equal after leading and trailing white space is taken off.</summary>
    public bool Exact => Expected is not null && Thought.Without(Expected).Trim() == Thought.Without(Answer).Trim();
}
