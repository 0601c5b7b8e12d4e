using Serverless.Learning.Grading;

namespace Serverless.Service.Inference;

/// <summary>What a model answered to a grader, and what it took.</summary>
/// <param name="Absence">Whether the fault, if there is one, is the model's and not this question's.</param>
public sealed record GraderReply(GraderQuestion Question, GraderAnswer Answer, int PromptTokens, int CompletionTokens, GraderAbsence Absence = GraderAbsence.None)
{
    /// <summary>How many of the prompt's tokens had been read before, for another prompt that began alike.</summary>
    public int CachedTokens { get; init; }
}
