using System.Collections.Immutable;
using System.Text.Json;
using Serverless.Api.Requests;
using Serverless.Learning;
using Serverless.Learning.Grading;
using Serverless.Service.Jobs;

namespace Serverless.Api.Jobs;

/// <summary>Reads what a job says about its evaluation, which is ours: <c>evaluation: {graders: […]}</c> and <c>publish_if: {metric, minimum_gain}</c>.</summary>
internal static class EvaluationReader
{
    private const int MaxGraders = 16;

    /// <summary>The graders, valid and with different names.</summary>
    /// <param name="reward">The grader of <c>method.reinforcement</c>, which scores the same answers; null with every other method.</param>
    public static ImmutableArray<JsonElement> Graders(RequestObject body, JsonElement? reward)
    {
        if (body.Object("evaluation")?.Value("graders") is not { } array)
            return [];
        const string path = "evaluation.graders";
        if (array.ValueKind != JsonValueKind.Array)
            throw Refusal.WrongType(path, "an array of graders", RequestObject.Kind(array));
        if (array.GetArrayLength() > MaxGraders)
            throw Refusal.ArrayTooLong(path, MaxGraders, array.GetArrayLength());
        var names = new HashSet<string>(PublishCondition.Measured, StringComparer.Ordinal);
        if (reward is { } rewarding)
            names.Add(NameOf(rewarding));
        var graders = ImmutableArray.CreateBuilder<JsonElement>();
        foreach (var (at, json) in array.EnumerateArray().Index())
        {
            var name = Grader.Parse(json, $"{path}[{at}]").Name;
            if (!names.Add(name))
                throw new InputError($"{path}[{at}].name: found '{name}' a second time; allowed: a name that no other grader and none of {string.Join(", ", PublishCondition.Measured)} has", $"{path}[{at}].name", "invalid_value");
            graders.Add(json.Clone());
        }
        return graders.ToImmutable();
    }

    /// <param name="graders">The job's graders, the rewarding one first, whose names are metrics.</param>
    public static PublishCondition? PublishIf(RequestObject body, ImmutableArray<JsonElement> graders)
    {
        if (body.Object("publish_if") is not { } given)
            return null;
        string[] metrics = [.. PublishCondition.Measured, .. graders.Select(NameOf)];
        var metric = given.OneOf("metric", metrics) ?? throw Refusal.Missing(given.PathOf("metric"));
        return new PublishCondition(metric, given.Number("minimum_gain", 0) ?? 0);
    }

    private static string NameOf(JsonElement grader) => grader.GetProperty("name").GetString()!;
}
