using System.Text.Json;
using Serverless.Learning.Sampling.Grammars;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>The form that answers to more than a chat have to have, a policy's or an evaluation's: its <c>response_format</c>, as a chat has it.</summary>
internal static class AnswerForm
{
    /// <summary>What a policy's answers may be, in training and evaluation; null for any text.</summary>
    public static Grammar? Of(JobRecord job) =>
        job.Method.ResponseFormat is { } format ? Of(format, $"{job.MethodPath()}.reinforcement.response_format") : null;

    /// <summary>What answers may be; null for any text.</summary>
    /// <param name="format">The wire's object, found valid when it was sent.</param>
    /// <param name="path">Its place in the request.</param>
    public static Grammar? Of(JsonElement format, string path)
    {
        switch (format.GetProperty("type").GetString())
        {
            case "json_schema" when format.GetProperty("json_schema").TryGetProperty("schema", out var schema) && schema.ValueKind != JsonValueKind.Null:
                var strict = format.GetProperty("json_schema").TryGetProperty("strict", out var value) && value.ValueKind == JsonValueKind.True;
                return Grammar.FromSchema(schema, strict, path, path);
            case "text":
                return null;
            default:
                return Grammar.JsonObject;
        }
    }
}
