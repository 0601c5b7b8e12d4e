namespace Serverless.Learning.Reinforcement;

/// <summary>DAPO's soft penalty of long answers, added to their reward (arXiv 2503.14476, equation 13).</summary>
public static class LengthPenalty
{
    /// <param name="length">|y|, tokens of the answer.</param>
    /// <param name="limit">L, the most tokens of an answer.</param>
    /// <param name="cache">C, over how many tokens the penalty grows; 0 for no penalty.</param>
    /// <returns>0 up to L - C, ((L - C) - |y|) / C up to L, -1 beyond.</returns>
    public static double Of(int length, int limit, int cache)
    {
        if (cache == 0 || length <= limit - cache) return 0;
        return length > limit ? -1 : (limit - cache - length) / (double)cache;
    }
}
