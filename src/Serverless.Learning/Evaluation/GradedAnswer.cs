namespace Serverless.Learning.Evaluation;

/// <summary>A generated answer beside the one that was expected, if any was.</summary>
/// <param name="Line">The example's line in its file.</param>
/// <param name="Prompt">The last user message.</param>
/// <param name="Expected">The assistant message of the data set; null where it has none, as of prompts that only graders judge.</param>
/// <param name="Answer">What the model answered, greedily.</param>
public sealed record GradedAnswer(int Line, string Prompt, string? Expected, string Answer)
{
    /// <summary>There is an expected answer, and they are equal after leading and trailing white space is taken off.</summary>
    public bool Exact => Expected is not null && Expected.Trim() == Answer.Trim();
}
