namespace Serverless.Learning.Reinforcement;

/// <summary>
/// The loss of one token: -min(rho A, clip(rho, 1 - eps_low, 1 + eps_high) A) + beta D_KL with rho = pi / old and
/// D_KL = ref/pi - log(ref/pi) - 1 (Shao et al., arXiv 2402.03300, equations 3 and 4; two epsilons as in arXiv 2503.14476).
/// </summary>
/// <param name="Value">The loss, before the weight of the token in its step.</param>
/// <param name="Slope">Its derivative by log pi.</param>
/// <param name="Divergence">D_KL; 0 without a reference.</param>
/// <param name="Clipped">Whether the clipped ratio counted, so that the token moves nothing.</param>
public readonly record struct PolicyLoss(double Value, double Slope, double Divergence, bool Clipped)
{
    /// <param name="policy">log pi of the token.</param>
    /// <param name="old">Its log-probability when it was drawn.</param>
    /// <param name="reference">Its log-probability under the reference policy, or null without one.</param>
    public static PolicyLoss Of(double policy, double old, double? reference, double advantage, PolicyOptions options)
    {
        var ratio = Math.Exp(policy - old);
        var clipped = Math.Clamp(ratio, 1 - options.EpsilonLow, 1 + options.EpsilonHigh);
        var isClipped = clipped * advantage < ratio * advantage;
        var gain = (isClipped ? clipped : ratio) * advantage;
        var slope = isClipped ? 0 : ratio * advantage;
        if (reference is not { } against) return new PolicyLoss(-gain, -slope, 0, isClipped);
        var gap = against - policy;
        var divergence = Math.Exp(gap) - gap - 1;
        return new PolicyLoss(-gain + options.Beta * divergence, -slope + options.Beta * (1 - Math.Exp(gap)), divergence, isClipped);
    }
}
