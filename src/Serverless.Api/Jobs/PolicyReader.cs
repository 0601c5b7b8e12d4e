using Serverless.Api.Chat;
using Serverless.Api.Requests;
using Serverless.Learning;
using Serverless.Learning.Grading;
using Serverless.Learning.Reinforcement;
using Serverless.Service.Jobs;

namespace Serverless.Api.Jobs;

/// <summary>Reads what only <c>method.reinforcement</c> has: the grader, the form of answers, and hyper-parameters of which all but OpenAI's are ours.</summary>
internal static class PolicyReader
{
    private const int MaxGroup = 256;
    private const int MaxUpdates = 16;
    private const int MaxResamples = 16;
    private const int MaxEvaluationSamples = 16;
    private const double LeastMultiplier = 0.00001;

    private static readonly Dictionary<string, LossType> LossTypes =
        new() { ["grpo"] = LossType.Grpo, ["dapo"] = LossType.Dapo, ["dr_grpo"] = LossType.DrGrpo };

    /// <exception cref="InputError">The grader is missing or wrong, or the form is, or a value is out of its range.</exception>
    public static JobMethod Read(JobMethod method, RequestObject parent, RequestObject? hyperparameters)
    {
        var own = parent.Object("reinforcement") ?? throw Refusal.Missing(parent.PathOf("reinforcement"));
        ResponseFormat.Read(own);
        var json = own.RequiredValue("grader");
        Grader.Parse(json, own.PathOf("grader"));
        return method with
        {
            Grader = json.Clone(),
            Policy = hyperparameters is { } given ? ReadPolicy(given) : new PolicyRequest(),
            ResponseFormat = own.Value("response_format")?.Clone(),
        };
    }

    private static double? ReadMultiplier(RequestObject fields)
    {
        const string Name = "compute_multiplier";
        var found = fields.AutoOrPositive(Name, 10);
        return found is not <= LeastMultiplier
            ? found
            : throw Refusal.NotAllowed(fields.PathOf(Name), "'auto' or a number above 0.00001 and at most 10", Refusal.Text(found.Value));
    }

    /// <summary>Without a divergence there is no reference.</summary>
    private static int? ReadReset(RequestObject fields, double? beta)
    {
        const string Name = "reference_reset_steps";
        var found = (int?)fields.Integer(Name, 1, int.MaxValue);
        return found is null || beta > 0
            ? found
            : throw new InputError(
                $"'{fields.PathOf(Name)}' resets the reference policy, and without a '{fields.PathOf("beta")}' above 0 there is none: give one, or leave it out.",
                fields.PathOf(Name), "invalid_value");
    }

    private static PolicyRequest ReadPolicy(RequestObject fields)
    {
        var beta = fields.Number("beta", 0, 10);
        return new PolicyRequest
        {
            // Taken for those who send it; how long a model thinks is in its weights, and what the reward makes of them.
            ReasoningEffort = fields.OneOf("reasoning_effort", ["default", "low", "medium", "high"]),
            ComputeMultiplier = ReadMultiplier(fields),
            LossType = fields.OneOf("loss_type", [.. LossTypes.Keys]) is { } type ? LossTypes[type] : null,
            GroupSize = fields.AutoOrInteger("group_size", 2, MaxGroup),
            Temperature = fields.AutoOrPositive("temperature", 2),
            MaxAnswerTokens = fields.AutoOrInteger("max_completion_tokens", 1, int.MaxValue),
            Beta = beta,
            ReferenceResetSteps = ReadReset(fields, beta),
            EpsilonLow = fields.AutoOrPositive("epsilon_low", 0.999),
            EpsilonHigh = fields.AutoOrPositive("epsilon_high", 10),
            UpdatesPerRollout = fields.AutoOrInteger("updates_per_rollout", 1, MaxUpdates),
            NegativeWeight = fields.Number("negative_weight", 0, 1),
            Resamples = fields.AutoOrInteger("dynamic_sampling_rounds", 0, MaxResamples),
            FilterOverlong = fields.Boolean("overlong_filtering"),
            PenaltyTokens = fields.AutoOrInteger("length_penalty_tokens", 0, int.MaxValue),
            EvaluationInterval = fields.AutoOrInteger("eval_interval", 1, int.MaxValue),
            EvaluationSamples = fields.AutoOrInteger("eval_samples", 1, MaxEvaluationSamples),
        };
    }
}
