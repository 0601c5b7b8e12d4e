namespace Serverless.Learning.Quantization;

/// <summary>
/// The data type NF4: 16 values from -1 to 1, near the quantiles of a normal distribution, zero among them (Dettmers et al.,
/// arXiv 2305.14314, equation 4; the values are those of appendix E).
/// </summary>
public static class NormalFloat4
{
    /// <summary>The code of zero.</summary>
    public const int Zero = 7;

    /// <summary>The value of each code, ascending.</summary>
    public static ReadOnlySpan<float> Values =>
    [
        -1f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f, -0.18477343022823334f,
        -0.09105003625154495f, 0f, 0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f,
        0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1f,
    ];

    /// <summary>Half-way between each code's value and the next: what lies above is nearer to the next.</summary>
    internal static float[] Borders { get; } = [.. Enumerable.Range(0, 15).Select(code => (float)(((double)Values[code] + Values[code + 1]) / 2))];
}
