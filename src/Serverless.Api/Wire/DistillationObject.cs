using System.Text.Json.Nodes;
using Serverless.Service.Jobs;

namespace Serverless.Api.Wire;

/// <summary>What only <c>method.distillation</c> has: as it was asked for until the job is prepared, then with how the teacher's answers are drawn.</summary>
internal static class DistillationObject
{
    public static void Write(DistillationRequest asked, JsonObject own)
    {
        own["teacher"] = asked.Teacher;
        own["n"] = asked.Samples;
        Add("temperature", asked.Temperature);
        Add("top_p", asked.TopP);
        Add("max_completion_tokens", asked.MaxAnswerTokens);
        Add("pass_threshold", asked.PassThreshold);

        void Add(string name, JsonNode? value)
        {
            if (value is not null)
                own[name] = value;
        }
    }
}
