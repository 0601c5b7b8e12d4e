using Serverless.Learning.Evaluation;

namespace Serverless.Local.Demo;

/// <summary>What a model does on the test set.</summary>
/// <param name="Tokens">Loss and token accuracy over the answers' tokens.</param>
/// <param name="Exact">The share of greedy answers that are exactly right, 0 to 1.</param>
/// <param name="Elapsed">How long answering took.</param>
internal sealed record TestScores(EvaluationScores Tokens, double Exact, TimeSpan Elapsed);
