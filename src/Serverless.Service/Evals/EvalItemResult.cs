namespace Serverless.Service.Evals;

/// <summary>What one criterion gave to one item.</summary>
/// <param name="Fault">Why it could not grade, if it could not.</param>
public sealed record EvalItemResult(string Name, string Type, double Score, bool Passed, string? Fault = null);
