namespace Serverless.Learning.Models.Positions;

/// <summary>Position interpolation (Chen et al., arXiv 2306.15595, equation 4): every frequency divided by the factor.</summary>
public sealed record LinearScaling(double Factor) : RotaryScaling
{
    public override double[] Stretch(double[] frequencies, RotarySettings settings) =>
        frequencies.Select(frequency => frequency / Factor).ToArray();
}
