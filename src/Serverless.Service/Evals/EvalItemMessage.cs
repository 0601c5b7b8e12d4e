namespace Serverless.Service.Evals;

/// <summary>A message as it was sent to a model.</summary>
public sealed record EvalItemMessage(string Role, string Content);
