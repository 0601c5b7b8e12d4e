using System.Text.Json.Nodes;
using Serverless.Service.Evals;

namespace Serverless.Api.Wire;

/// <summary>An evaluation: the schema of its data, and the graders of its answers.</summary>
internal static class EvalObject
{
    public static JsonObject Of(EvalRecord eval) => new()
    {
        ["object"] = "eval",
        ["id"] = eval.Id.Value,
        ["name"] = eval.Name,
        ["created_at"] = eval.CreatedAt.ToUnixTimeSeconds(),
        ["data_source_config"] = new JsonObject { ["type"] = "custom", ["schema"] = Schema(eval) },
        ["testing_criteria"] = new JsonArray([.. eval.TestingCriteria.Select(criterion => (JsonNode?)JsonObject.Create(criterion))]),
        ["metadata"] = Metadata(eval.Metadata),
    };

    public static JsonObject Metadata(IEnumerable<KeyValuePair<string, string>> pairs) =>
        new(pairs.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));

    /// <summary>The schema of a whole entry: the item, and the sample where graders may see it.</summary>
    private static JsonObject Schema(EvalRecord eval)
    {
        var properties = new JsonObject { ["item"] = JsonObject.Create(eval.ItemSchema) };
        var required = new JsonArray("item");
        if (eval.IncludeSampleSchema)
        {
            properties["sample"] = new JsonObject
            {
                ["type"] = "object",
                ["properties"] = new JsonObject
                {
                    ["output_text"] = new JsonObject { ["type"] = "string" },
                    ["output_tools"] = new JsonObject { ["type"] = "array" },
                },
            };
            required.Add("sample");
        }
        return new JsonObject { ["type"] = "object", ["properties"] = properties, ["required"] = required };
    }
}
