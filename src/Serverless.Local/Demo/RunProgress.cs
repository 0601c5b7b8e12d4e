using System.Globalization;

namespace Serverless.Local.Demo;

/// <summary>How far a training run is.</summary>
/// <param name="Step">Optimiser steps done.</param>
/// <param name="TotalSteps">Optimiser steps in all.</param>
/// <param name="Loss">Cross-entropy of the last reported step, in nats per supervised token.</param>
/// <param name="TokensPerSecond">Tokens that went through the model in that step, by its duration.</param>
/// <param name="Remaining">The time that the missing steps will take at the pace so far; null while that is not known.</param>
internal sealed record RunProgress(int Step, int TotalSteps, double Loss, double TokensPerSecond, TimeSpan? Remaining)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"step {Step}/{TotalSteps}  loss {Loss:F3}  {TokensPerSecond:N0} tokens/s  {RemainingText}");

    private string RemainingText => Remaining is { } time ? $"{(int)time.TotalMinutes}:{time.Seconds:D2} left" : "";
}
