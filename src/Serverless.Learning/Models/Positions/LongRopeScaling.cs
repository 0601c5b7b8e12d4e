namespace Serverless.Learning.Models.Positions;

/// <summary>
/// LongRoPE (Ding et al., arXiv 2402.13753): each frequency divided by a factor that was searched for, one list for contexts up to the original
/// one and another for longer ones. Which list holds is fixed with the context that the model is run in and does not change in the middle of
/// a text; transformers decides by the length of each sequence, so the two agree within the original context when it is the one chosen.
/// </summary>
/// <param name="ShortFactors">[size / 2], for contexts up to the original one.</param>
/// <param name="LongFactors">[size / 2], for longer ones.</param>
/// <param name="OriginalLength">The original context, in tokens.</param>
/// <param name="AttentionFactor">The <see cref="Amplitude"/>; <see cref="Recommended"/> unless the configuration says otherwise.</param>
/// <param name="IsLong">Whether the context chosen is longer than the original one.</param>
public sealed record LongRopeScaling(
    IReadOnlyList<double> ShortFactors, IReadOnlyList<double> LongFactors, int OriginalLength, double AttentionFactor, bool IsLong) : RotaryScaling
{
    public override double Amplitude => AttentionFactor;

    /// <summary>sqrt(1 + ln(longest / original) / ln(original)) (section 3.3).</summary>
    public static double Recommended(double longest, double original) =>
        longest <= original ? 1 : Math.Sqrt(1 + Math.Log(longest / original) / Math.Log(original));

    public override double[] Stretch(double[] frequencies, RotarySettings settings) =>
        frequencies.Zip(IsLong ? LongFactors : ShortFactors, (frequency, factor) => frequency / factor).ToArray();

    /// <summary>Whether both lists, and all else, have the same numbers.</summary>
    public bool Equals(LongRopeScaling? other) =>
        other is not null && ShortFactors.SequenceEqual(other.ShortFactors) && LongFactors.SequenceEqual(other.LongFactors)
        && (OriginalLength, AttentionFactor, IsLong) == (other.OriginalLength, other.AttentionFactor, other.IsLong);

    public override int GetHashCode() => HashCode.Combine(OriginalLength, AttentionFactor, IsLong, ShortFactors.Count);
}
