using System.Text.Json.Nodes;
using Serverless.Learning.Evaluation;

namespace Serverless.Api.Wire;

/// <summary>What was measured, as the evaluations of jobs and the runs of evaluations write it.</summary>
internal static class MeasuredObject
{
    public static JsonObject Interval(MeanInterval mean) => new() { ["mean"] = mean.Mean, ["low"] = mean.Low, ["high"] = mean.High };

    /// <summary>How many examples were scored, and what came of their tokens; null where there are none.</summary>
    public static JsonObject Tokens(int scored, EvaluationScores scores) => new()
    {
        ["scored"] = scored,
        ["loss"] = scores.Tokens == 0 ? null : scores.Loss,
        ["perplexity"] = scores.Tokens == 0 ? null : scores.Perplexity,
        ["token_accuracy"] = scores.Tokens == 0 ? null : scores.TokenAccuracy,
    };
}
