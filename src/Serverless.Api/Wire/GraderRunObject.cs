using System.Text.Json.Nodes;
using Serverless.Learning.Grading;
using Serverless.Service.Inference;

namespace Serverless.Api.Wire;

/// <summary>
/// What running a grader gave, as OpenAI writes it: the reward, what went wrong as flags, and the tokens that grading models took. Ours is
/// <c>metadata.errors.details</c>, the faults in words.
/// </summary>
internal static class GraderRunObject
{
    public static JsonObject Of(Grader grader, Grade grade, IReadOnlyList<GraderReply> replies, TimeSpan elapsed) => new()
    {
        ["reward"] = grade.Score,
        ["metadata"] = new JsonObject
        {
            ["name"] = grader.Name,
            ["type"] = grader.Type,
            ["errors"] = Errors(grade),
            ["execution_time"] = elapsed.TotalSeconds,
            ["scores"] = Parts(grade),
            ["token_usage"] = replies.Count == 0 ? null : replies.Sum(reply => reply.PromptTokens + reply.CompletionTokens),
            ["sampled_model_name"] = grader.Models.Count == 0 ? null : grader.Models[0],
        },
        ["sub_rewards"] = Parts(grade),
        ["model_grader_token_usage_per_model"] = new JsonObject(replies.GroupBy(reply => reply.Question.Model).Select(Usage)),
    };

    private static JsonObject Errors(Grade grade)
    {
        var kinds = grade.Faults.Select(fault => fault.Kind).ToHashSet();
        return new JsonObject
        {
            ["formula_parse_error"] = kinds.Contains(GradeFaultKind.FormulaParse),
            ["sample_parse_error"] = kinds.Contains(GradeFaultKind.SampleParse),
            ["truncated_observation_error"] = kinds.Contains(GradeFaultKind.TruncatedObservation),
            ["unresponsive_reward_error"] = kinds.Contains(GradeFaultKind.UnresponsiveReward),
            ["invalid_variable_error"] = kinds.Contains(GradeFaultKind.InvalidVariable),
            ["other_error"] = false,
            ["python_grader_server_error"] = false,
            ["python_grader_server_error_type"] = null,
            ["python_grader_runtime_error"] = false,
            ["python_grader_runtime_error_details"] = null,
            ["model_grader_server_error"] = kinds.Contains(GradeFaultKind.ModelServer),
            ["model_grader_server_error_details"] = grade.Faults.FirstOrDefault(fault => fault.Kind == GradeFaultKind.ModelServer)?.Message,
            ["model_grader_refusal_error"] = false,
            ["model_grader_parse_error"] = kinds.Contains(GradeFaultKind.ModelParse),
            ["details"] = new JsonArray([.. grade.Faults.Select(fault => (JsonNode)fault.Message)]),
        };
    }

    private static JsonObject Parts(Grade grade) => new(grade.Parts.Select(part => KeyValuePair.Create(part.Key, (JsonNode?)part.Value.Score)));

    private static KeyValuePair<string, JsonNode?> Usage(IGrouping<string, GraderReply> replies)
    {
        var (prompt, completion) = (replies.Sum(reply => reply.PromptTokens), replies.Sum(reply => reply.CompletionTokens));
        return new(replies.Key, new JsonObject { ["prompt_tokens"] = prompt, ["completion_tokens"] = completion, ["total_tokens"] = prompt + completion });
    }
}
