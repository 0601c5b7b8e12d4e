using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Service.Evals;

namespace Serverless.Api.Wire;

/// <summary>One item of a run: what was asked, what was answered, and what each criterion gave. Ours are <c>error</c> in a result, and <c>exact_match</c> where a data set has the right answer.</summary>
internal static class EvalItemObject
{
    private const string Prefix = "outputitem_";

    /// <summary>What the query <c>status</c> may ask for.</summary>
    public static IReadOnlyList<string> Statuses { get; } = ["pass", "fail"];

    public static JsonObject Of(EvalRunRecord run, EvalItemRecord item) => new()
    {
        ["object"] = "eval.run.output_item",
        ["id"] = IdOf(run, item.Index),
        ["created_at"] = item.CreatedAt.ToUnixTimeSeconds(),
        ["run_id"] = run.Id.Value,
        ["eval_id"] = run.EvalId.Value,
        ["status"] = StatusOf(item),
        ["datasource_item_id"] = item.Index,
        ["datasource_item"] = JsonObject.Create(item.Item),
        ["results"] = new JsonArray([.. item.Results.Select(result => (JsonNode)Result(result))]),
        ["sample"] = Sample(run, item),
        ["exact_match"] = item.Exact,
    };

    /// <summary>The index in an id, or null if it is not one of this run's.</summary>
    public static int? IndexOf(EvalRunRecord run, string id)
    {
        var prefix = IdPrefix(run);
        return id.StartsWith(prefix, StringComparison.Ordinal)
            && int.TryParse(id.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            && IdOf(run, index) == id
            ? index
            : null;
    }

    /// <summary>Whether an item is one of those that the query <c>status</c> asks for: pass, or fail, which here is everything else.</summary>
    public static bool HasStatus(EvalItemRecord item, string status) => (item.Status == EvalItemStatus.Pass) == (status == "pass");

    private static string IdOf(EvalRunRecord run, int index) => string.Create(CultureInfo.InvariantCulture, $"{IdPrefix(run)}{index:D8}");

    private static string IdPrefix(EvalRunRecord run) => $"{Prefix}{run.Id.Value[EvalRunId.Prefix.Length..]}";

    private static string StatusOf(EvalItemRecord item) => JsonNamingPolicy.SnakeCaseLower.ConvertName(item.Status.ToString());

    private static JsonObject Result(EvalItemResult result)
    {
        var written = new JsonObject { ["name"] = result.Name, ["type"] = result.Type, ["score"] = result.Score, ["passed"] = result.Passed, ["sample"] = null };
        if (result.Fault is { } fault)
            written["error"] = fault;
        return written;
    }

    private static JsonObject Sample(EvalRunRecord run, EvalItemRecord item) => new()
    {
        ["input"] = new JsonArray([.. item.Input.Select(message => (JsonNode)new JsonObject { ["role"] = message.Role, ["content"] = message.Content })]),
        ["output"] = new JsonArray(new JsonObject { ["role"] = "assistant", ["content"] = item.Output }),
        ["finish_reason"] = item.Finish is { } finish ? JsonNamingPolicy.SnakeCaseLower.ConvertName(finish.ToString()) : "",
        ["model"] = run.DataSource.Model?.Value ?? "",
        ["usage"] = new JsonObject
        {
            ["prompt_tokens"] = item.PromptTokens,
            ["completion_tokens"] = item.CompletionTokens,
            ["total_tokens"] = item.PromptTokens + item.CompletionTokens,
            ["cached_tokens"] = item.CachedTokens,
        },
        ["error"] = item.Error is { } error ? new JsonObject { ["code"] = "sample_error", ["message"] = error } : null,
        ["temperature"] = run.DataSource.Temperature,
        ["max_completion_tokens"] = run.DataSource.MaxTokens,
        ["top_p"] = run.DataSource.TopP,
        ["seed"] = run.DataSource.Seed,
    };
}
