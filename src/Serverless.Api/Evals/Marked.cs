using System.Text.Json.Nodes;
using Serverless.Api.Wire;

namespace Serverless.Api.Evals;

/// <summary>Pages of evaluations, runs and items.</summary>
internal static class Marked
{
    public static MarkedListObject<JsonObject> Of(IReadOnlyList<JsonObject> page, bool hasMore) =>
        new(page, page.Count == 0 ? null : IdOf(page[0]), page.Count == 0 ? null : IdOf(page[^1]), hasMore);

    private static string IdOf(JsonObject entry) => entry["id"]!.GetValue<string>();
}
