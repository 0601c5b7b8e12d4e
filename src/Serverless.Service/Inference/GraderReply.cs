using Serverless.Learning.Grading;

namespace Serverless.Service.Inference;

/// <summary>What a model answered to a grader, and what it took.</summary>
public sealed record GraderReply(GraderQuestion Question, GraderAnswer Answer, int PromptTokens, int CompletionTokens);
