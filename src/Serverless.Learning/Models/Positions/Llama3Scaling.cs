namespace Serverless.Learning.Models.Positions;

/// <summary>
/// Llama 3.1's scaling (its reference code, <c>apply_scaling</c>): a frequency is divided by 1 where it turns often inside the original
/// context, by the factor where it turns seldom, and by something between the two in a smooth passage.
/// </summary>
/// <param name="Factor">The divisor of the slowest frequencies.</param>
/// <param name="LowFrequencyFactor">Turns in the original context up to which a frequency is slow.</param>
/// <param name="HighFrequencyFactor">Turns in the original context from which a frequency is fast.</param>
/// <param name="OriginalLength">The original context, in tokens.</param>
public sealed record Llama3Scaling(double Factor, double LowFrequencyFactor, double HighFrequencyFactor, int OriginalLength) : RotaryScaling
{
    public override double[] Stretch(double[] frequencies, RotarySettings settings) =>
        frequencies.Zip(Divisors(frequencies), (frequency, divisor) => frequency / divisor).ToArray();

    /// <summary>What each plain frequency is divided by.</summary>
    public double[] Divisors(double[] frequencies) => frequencies.Select(frequency =>
    {
        var turns = OriginalLength * frequency / (2 * Math.PI);
        if (turns > HighFrequencyFactor) return 1;
        if (turns < LowFrequencyFactor) return Factor;
        var smooth = (turns - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor);
        return 1 / ((1 - smooth) / Factor + smooth);
    }).ToArray();
}
