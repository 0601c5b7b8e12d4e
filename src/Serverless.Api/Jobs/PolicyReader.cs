using System.Text.Json;
using Serverless.Api.Requests;
using Serverless.Learning;
using Serverless.Learning.Grading;
using Serverless.Learning.Reinforcement;
using Serverless.Service.Jobs;

namespace Serverless.Api.Jobs;

/// <summary>Reads what only <c>method.reinforcement</c> has: the grader, and hyper-parameters of which all but OpenAI's are ours.</summary>
internal static class PolicyReader
{
    private const int MaxGroup = 256;
    private const int MaxUpdates = 16;
    private const int MaxResamples = 16;
    private const double LeastMultiplier = 0.00001;

    private static readonly Dictionary<string, LossType> LossTypes =
        new() { ["grpo"] = LossType.Grpo, ["dapo"] = LossType.Dapo, ["dr_grpo"] = LossType.DrGrpo };

    /// <exception cref="InputError">The grader is missing or wrong, or a value is out of its range or not offered.</exception>
    public static JobMethod Read(JobMethod method, RequestObject parent, RequestObject? hyperparameters)
    {
        var own = parent.Object("reinforcement") ?? throw Refusal.Missing(parent.PathOf("reinforcement"));
        if (own.Value("response_format") is not null)
            throw Refusal.NotOffered(own.PathOf("response_format"));
        var json = own.RequiredValue("grader");
        var path = own.PathOf("grader");
        var grader = Grader.Parse(json, path);
        if (grader.Models.Count > 0)
            throw new InputError($"Unsupported value: '{path}' asks the model '{grader.Models[0]}', and a reward may not ask models yet. Use graders that compute.", path, "unsupported_value");
        return method with { Grader = json.Clone(), Policy = hyperparameters is { } given ? ReadPolicy(given) : new PolicyRequest() };
    }

    private static double? ReadMultiplier(RequestObject fields)
    {
        const string Name = "compute_multiplier";
        var found = fields.AutoOrPositive(Name, 10);
        return found is not <= LeastMultiplier
            ? found
            : throw Refusal.NotAllowed(fields.PathOf(Name), "'auto' or a number above 0.00001 and at most 10", Refusal.Text(found.Value));
    }

    private static PolicyRequest ReadPolicy(RequestObject fields)
    {
        foreach (var name in (string[])["eval_interval", "eval_samples"])
        {
            if (fields.Value(name) is { } value && !(value.ValueKind == JsonValueKind.String && value.ValueEquals("auto")))
                throw Refusal.NotOffered(fields.PathOf(name));
        }
        // Taken for those who send it; how long a model thinks is in its weights, and what the reward makes of them.
        fields.OneOf("reasoning_effort", ["default", "low", "medium", "high"]);
        return new PolicyRequest
        {
            ComputeMultiplier = ReadMultiplier(fields),
            LossType = fields.OneOf("loss_type", [.. LossTypes.Keys]) is { } type ? LossTypes[type] : null,
            GroupSize = fields.AutoOrInteger("group_size", 2, MaxGroup),
            Temperature = fields.AutoOrPositive("temperature", 2),
            MaxAnswerTokens = fields.AutoOrInteger("max_completion_tokens", 1, int.MaxValue),
            Beta = fields.Number("beta", 0, 10),
            EpsilonLow = fields.AutoOrPositive("epsilon_low", 0.999),
            EpsilonHigh = fields.AutoOrPositive("epsilon_high", 10),
            UpdatesPerRollout = fields.AutoOrInteger("updates_per_rollout", 1, MaxUpdates),
            Resamples = fields.AutoOrInteger("dynamic_sampling_rounds", 0, MaxResamples),
            FilterOverlong = fields.Boolean("overlong_filtering"),
            PenaltyTokens = fields.AutoOrInteger("length_penalty_tokens", 0, int.MaxValue),
        };
    }
}
