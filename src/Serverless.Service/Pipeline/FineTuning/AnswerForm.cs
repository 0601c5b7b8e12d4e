using System.Text.Json;
using Serverless.Learning.Sampling.Grammars;
using Serverless.Learning.Text;
using Serverless.Service.Inference;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>The form that a policy's answers have to have, in training and evaluation, as the <c>response_format</c> of a chat has it.</summary>
internal static class AnswerForm
{
    /// <summary>What answers may be; null for any text.</summary>
    public static Grammar? Of(JobRecord job)
    {
        // Read and found valid when the job was created.
        if (job.Method.ResponseFormat is not { } format)
            return null;
        switch (format.GetProperty("type").GetString())
        {
            case "json_schema" when format.GetProperty("json_schema").TryGetProperty("schema", out var schema) && schema.ValueKind != JsonValueKind.Null:
                var strict = format.GetProperty("json_schema").TryGetProperty("strict", out var value) && value.ValueKind == JsonValueKind.True;
                var path = $"{job.MethodPath()}.reinforcement.response_format";
                return Grammar.FromSchema(schema, strict, path, path);
            case "text":
                return null;
            default:
                return Grammar.JsonObject;
        }
    }

    /// <summary>The text of an answer from which on it has the form: after the thinking, if the prompt has opened it; null from its beginning.</summary>
    /// <param name="prompt">The prompt's tokens.</param>
    public static string? BeginsAfter(ChatEncoder encoder, int[] prompt) => encoder.OpensThought(prompt) ? ChatPrompt.EndThink : null;
}
