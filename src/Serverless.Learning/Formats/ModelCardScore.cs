namespace Serverless.Learning.Formats;

/// <summary>One measure of the evaluation, of the base and of the tuned model; null where it was not taken.</summary>
/// <param name="BaseInterval">The 95 % interval of the base's, if it has one.</param>
/// <param name="TunedInterval">The 95 % interval of the tuned model's, if it has one.</param>
/// <param name="WinsLossesTies">Questions on which the tuned model was better, worse and as good, if they were compared.</param>
public sealed record ModelCardScore(
    string Measure, double? Base, double? Tuned, (double Low, double High)? BaseInterval = null, (double Low, double High)? TunedInterval = null,
    string? WinsLossesTies = null);
