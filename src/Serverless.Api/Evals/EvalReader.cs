using System.Collections.Immutable;
using System.Text.Json;
using Serverless.Api.Requests;
using Serverless.Learning;
using Serverless.Learning.Grading;

namespace Serverless.Api.Evals;

/// <summary>Reads the body of <c>POST /v1/evals</c>.</summary>
internal static class EvalReader
{
    private const int MaxCriteria = 16;
    private static readonly string[] Types = ["custom", "logs", "stored_completions"];

    /// <summary>The schema of the items, and whether graders may see samples.</summary>
    /// <exception cref="InputError">It is missing, wrong, or of a kind that this service does not have.</exception>
    public static (JsonElement ItemSchema, bool IncludeSampleSchema) DataSourceConfig(RequestObject body)
    {
        var config = body.Object("data_source_config") ?? throw Refusal.Missing("data_source_config");
        var type = config.OneOf("type", Types) ?? throw Refusal.Missing(config.PathOf("type"));
        if (type != "custom")
            throw Refusal.NotYet(config.PathOf("type"), type, "'custom'");
        var schema = config.RequiredValue("item_schema");
        return schema.ValueKind == JsonValueKind.Object
            ? (schema.Clone(), config.Boolean("include_sample_schema") ?? false)
            : throw Refusal.WrongType(config.PathOf("item_schema"), "an object", RequestObject.Kind(schema));
    }

    /// <summary>The graders, valid and with different names.</summary>
    /// <exception cref="InputError">One of them is wrong; its place is named.</exception>
    public static ImmutableArray<JsonElement> TestingCriteria(RequestObject body)
    {
        const string path = "testing_criteria";
        var array = body.RequiredValue(path);
        if (array.ValueKind != JsonValueKind.Array)
            throw Refusal.WrongType(path, "an array of graders", RequestObject.Kind(array));
        if (array.GetArrayLength() == 0)
            throw Refusal.EmptyArray(path);
        if (array.GetArrayLength() > MaxCriteria)
            throw Refusal.ArrayTooLong(path, MaxCriteria, array.GetArrayLength());
        var names = new HashSet<string>(StringComparer.Ordinal);
        var criteria = ImmutableArray.CreateBuilder<JsonElement>();
        foreach (var (at, json) in array.EnumerateArray().Index())
        {
            var name = Grader.Parse(json, $"{path}[{at}]").Name;
            if (!names.Add(name))
                throw new InputError($"{path}[{at}].name: found '{name}' a second time; allowed: a name that no other criterion has", $"{path}[{at}].name", "invalid_value");
            criteria.Add(json.Clone());
        }
        return criteria.ToImmutable();
    }
}
