using Serverless.Learning.Evaluation;

namespace Serverless.Local.Demo;

/// <summary>What a model does on the test set.</summary>
/// <param name="Tokens">Loss and token accuracy over the answers' tokens.</param>
/// <param name="Exact">Whether the greedy answer to each example is exactly right.</param>
/// <param name="Elapsed">How long answering took.</param>
internal sealed record TestScores(EvaluationScores Tokens, IReadOnlyList<bool> Exact, TimeSpan Elapsed);
