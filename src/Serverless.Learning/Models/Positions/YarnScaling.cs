namespace Serverless.Learning.Models.Positions;

/// <summary>
/// YaRN (Peng et al., arXiv 2309.00071, section 3.2): frequencies that turn more than <paramref name="BetaFast"/> times in the original
/// context stay, those that turn less than <paramref name="BetaSlow"/> times are divided by the factor, and between the two the passage is
/// linear in the pair's index. As in the published code, and unlike the paper, the ends of the passage are rounded outwards to whole pairs.
/// </summary>
/// <param name="OriginalLength">The original context, in tokens.</param>
/// <param name="AttentionFactor">The <see cref="Amplitude"/>; equation 22 recommends <see cref="Recommended"/>.</param>
public sealed record YarnScaling(double Factor, int OriginalLength, double BetaFast, double BetaSlow, double AttentionFactor) : RotaryScaling
{
    public override double Amplitude => AttentionFactor;

    /// <summary>0.1 ln(factor) + 1 (equation 22).</summary>
    /// <param name="weight">Of the logarithm; DeepSeek's <c>mscale</c>.</param>
    public static double Recommended(double factor, double weight = 1) => factor <= 1 ? 1 : 0.1 * weight * Math.Log(factor) + 1;

    public override double[] Stretch(double[] frequencies, RotarySettings settings)
    {
        var low = Math.Max(Math.Floor(PairThatTurns(BetaFast, settings)), 0);
        var high = Math.Min(Math.Ceiling(PairThatTurns(BetaSlow, settings)), settings.Size - 1);
        if (low == high) high += 0.001;
        return frequencies.Select((frequency, pair) =>
        {
            var slow = Math.Clamp((pair - low) / (high - low), 0, 1);
            return frequency * (1 - slow) + frequency / Factor * slow;
        }).ToArray();
    }

    /// <summary>The index, with a fraction, of the pair that turns so many times in the original context.</summary>
    private double PairThatTurns(double turns, RotarySettings settings) =>
        settings.Size * Math.Log(OriginalLength / (turns * 2 * Math.PI)) / (2 * Math.Log(settings.Base));
}
