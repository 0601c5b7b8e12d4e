namespace Serverless.Learning.Training;

/// <summary>The learning rate of each step: a linear warm-up, then either a cosine to zero or a plateau with a linear decay to zero.</summary>
/// <param name="Peak">The highest rate.</param>
/// <param name="WarmupSteps">Steps until the peak is reached.</param>
/// <param name="TotalSteps">Steps of the whole run.</param>
/// <param name="DecayFraction">
/// Null for a cosine (Loshchilov and Hutter, arXiv 1608.03983, equation 5, one period). Otherwise warm-up, stable, decay: the share of
/// steps at the end over which the rate falls linearly to zero (Hu et al., arXiv 2404.06395, section 4).
/// </param>
public sealed record LearningRateSchedule(double Peak, int WarmupSteps, int TotalSteps, double? DecayFraction = null)
{
    /// <summary>The rate of a 0-based step.</summary>
    public double At(int step)
    {
        if (step < WarmupSteps) return Peak * (step + 1) / WarmupSteps;
        var rest = Math.Max(1, TotalSteps - WarmupSteps);
        var progress = Math.Min(1.0, (step - WarmupSteps) / (double)rest);
        if (DecayFraction is not { } decay) return Peak * 0.5 * (1 + Math.Cos(Math.PI * progress));
        var left = (TotalSteps - step) / (decay * TotalSteps);
        return Peak * Math.Clamp(left, 0, 1);
    }
}
