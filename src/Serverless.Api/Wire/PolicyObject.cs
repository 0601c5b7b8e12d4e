using System.Text.Json.Nodes;
using Serverless.Service.Jobs;

namespace Serverless.Api.Wire;

/// <summary>The hyper-parameters that only reinforcement has: as resolved, or as asked for until then.</summary>
internal static class PolicyObject
{
    public static void Write(JobRecord job, JsonObject hyperparameters)
    {
        var asked = job.Method.Policy ?? new PolicyRequest();
        var resolved = job.Options?.Policy;
        Add("reasoning_effort", asked.ReasoningEffort);
        Add("compute_multiplier", asked.ComputeMultiplier);
        if ((resolved?.LossType ?? asked.LossType) is { } loss)
            Add("loss_type", PolicyRequest.NameOf(loss));
        Add("group_size", resolved?.GroupSize ?? asked.GroupSize);
        Add("temperature", resolved?.Temperature ?? asked.Temperature);
        Add("max_completion_tokens", resolved?.MaxAnswerTokens ?? asked.MaxAnswerTokens);
        Add("beta", resolved?.Beta ?? asked.Beta);
        if ((resolved?.ReferenceResetSteps ?? asked.ReferenceResetSteps) is > 0 and var reset)
            Add("reference_reset_steps", reset);
        Add("epsilon_low", resolved?.EpsilonLow ?? asked.EpsilonLow);
        Add("epsilon_high", resolved?.EpsilonHigh ?? asked.EpsilonHigh);
        Add("updates_per_rollout", resolved?.UpdatesPerRollout ?? asked.UpdatesPerRollout);
        Add("negative_weight", resolved?.NegativeWeight ?? asked.NegativeWeight);
        Add("dynamic_sampling_rounds", resolved?.Resamples ?? asked.Resamples);
        Add("overlong_filtering", resolved?.FilterOverlong ?? asked.FilterOverlong);
        Add("length_penalty_tokens", resolved?.PenaltyTokens ?? asked.PenaltyTokens);
        // A policy that is never looked at while it trains has neither.
        if (resolved is null or { EvaluationInterval: > 0 })
        {
            Add("eval_interval", resolved?.EvaluationInterval ?? asked.EvaluationInterval);
            Add("eval_samples", resolved?.EvaluationSamples ?? asked.EvaluationSamples);
        }

        void Add(string name, JsonNode? value)
        {
            if (value is not null)
                hyperparameters[name] = value;
        }
    }
}
