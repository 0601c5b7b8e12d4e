using Serverless.Learning.Reinforcement;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Resolves what is <c>auto</c> in how a policy is optimised.</summary>
internal static class RequestedPolicy
{
    private const int UsualAnswerTokens = 512;
    private const int LeastAnswerTokens = 16;

    // An advantage is a difference within a group, so one answer alone has none.
    private const int UsualGroup = 8, LeastGroup = 2, MostGroup = 256;

    /// <summary>The most tokens of an answer where nothing else is asked for.</summary>
    public static int AnswerTokens(int context, int longestPrompt) =>
        Math.Clamp(context - longestPrompt, Math.Min(LeastAnswerTokens, context), UsualAnswerTokens);

    /// <param name="context">The longest sequence, prompt and answer together.</param>
    /// <param name="longestPrompt">The tokens of the longest prompt.</param>
    public static PolicyOptions Resolve(PolicyRequest asked, int context, int longestPrompt)
    {
        var type = asked.LossType ?? LossType.Grpo;
        var isDapo = type == LossType.Dapo;
        var most = asked.MaxAnswerTokens ?? AnswerTokens(context, longestPrompt);
        return new PolicyOptions
        {
            LossType = type,
            GroupSize = asked.GroupSize ?? (int)Math.Clamp(Math.Round(UsualGroup * (asked.ComputeMultiplier ?? 1)), LeastGroup, MostGroup),
            Temperature = asked.Temperature ?? 1,
            MaxAnswerTokens = most,
            EpsilonLow = asked.EpsilonLow ?? 0.2,
            EpsilonHigh = asked.EpsilonHigh ?? (isDapo ? 0.28 : 0.2),
            Beta = asked.Beta ?? 0,
            ReferenceResetSteps = asked.ReferenceResetSteps ?? 0,
            UpdatesPerRollout = asked.UpdatesPerRollout ?? 1,
            NegativeWeight = asked.NegativeWeight ?? 1,
            Resamples = asked.Resamples ?? (isDapo ? 2 : 0),
            FilterOverlong = asked.FilterOverlong ?? isDapo,
            // The paper's 4096 of 20480 tokens.
            PenaltyTokens = asked.PenaltyTokens ?? (isDapo ? most / 5 : 0),
        };
    }
}
