using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Service.Evals;

namespace Serverless.Api.Wire;

/// <summary>A run of an evaluation with its counts. Ours are <c>mean_score</c> and its interval beside each criterion's, and <c>dataset_scores</c>.</summary>
internal static class EvalRunObject
{
    /// <summary>What the query <c>status</c> may ask for.</summary>
    public static IReadOnlyList<string> Statuses { get; } = [.. Enum.GetNames<EvalRunStatus>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];

    /// <param name="url">Where the run's results can be looked at.</param>
    public static JsonObject Of(EvalRunRecord run, string url) => new()
    {
        ["object"] = "eval.run",
        ["id"] = run.Id.Value,
        ["eval_id"] = run.EvalId.Value,
        ["report_url"] = url,
        ["status"] = StatusOf(run),
        ["model"] = run.DataSource.Model?.Value ?? "",
        ["name"] = run.Name,
        ["created_at"] = run.CreatedAt.ToUnixTimeSeconds(),
        ["result_counts"] = new JsonObject { ["total"] = run.Done, ["errored"] = run.Errored, ["failed"] = run.Failed, ["passed"] = run.Passed },
        ["per_model_usage"] = new JsonArray([.. run.Usage.Select(usage => (JsonNode)Usage(usage))]),
        ["per_testing_criteria_results"] = new JsonArray([.. run.Criteria.Select(criterion => (JsonNode)Criterion(criterion))]),
        ["dataset_scores"] = run.Likelihood is { } likelihood ? Likelihood(likelihood) : null,
        ["data_source"] = JsonObject.Create(run.DataSource.Json),
        ["metadata"] = EvalObject.Metadata(run.Metadata),
        ["error"] = run.Error is { } error ? new JsonObject { ["code"] = error.Code, ["message"] = error.Message } : null,
    };

    public static string StatusOf(EvalRunRecord run) => JsonNamingPolicy.SnakeCaseLower.ConvertName(run.Status.ToString());

    private static JsonObject Usage(EvalModelUsage usage) => new()
    {
        ["model_name"] = usage.Model,
        ["invocation_count"] = usage.Invocations,
        ["prompt_tokens"] = usage.PromptTokens,
        ["completion_tokens"] = usage.CompletionTokens,
        ["total_tokens"] = usage.PromptTokens + usage.CompletionTokens,
        ["cached_tokens"] = usage.CachedTokens,
    };

    /// <summary>What the model makes of the data set's right answers, as a job's evaluation shows it.</summary>
    private static JsonObject Likelihood(EvalLikelihood found)
    {
        var written = MeasuredObject.Tokens(found.Scored, found.Scores);
        written["exact_match"] = found.ExactMatch is { } exact ? MeasuredObject.Interval(exact) : null;
        return written;
    }

    private static JsonObject Criterion(EvalCriterionCounts criterion)
    {
        var graded = criterion.Passed + criterion.Failed;
        return new JsonObject
        {
            ["testing_criteria"] = criterion.Name,
            ["passed"] = criterion.Passed,
            ["failed"] = criterion.Failed,
            ["mean_score"] = graded == 0 ? null : criterion.ScoreSum / graded,
            ["mean_score_interval"] = criterion.Interval is { } interval ? new JsonObject { ["low"] = interval.Low, ["high"] = interval.High } : null,
        };
    }
}
