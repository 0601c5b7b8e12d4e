using Serverless.Learning.Text;

namespace Serverless.Learning.Grading;

/// <summary>What a grader wants to ask a model about an answer.</summary>
/// <param name="Model">The name of the model.</param>
/// <param name="Messages">The conversation that it continues, at least one message.</param>
/// <param name="MaxTokens">The most tokens of its answer.</param>
/// <param name="Temperature">0 takes the likeliest token each time.</param>
/// <param name="TopP">The share of probability that is drawn from, above 0 to 1.</param>
/// <param name="Seed">The seed of the draws.</param>
public sealed record GraderQuestion(
    string Model, IReadOnlyList<ChatMessage> Messages, int MaxTokens, double Temperature, double TopP, long Seed);
