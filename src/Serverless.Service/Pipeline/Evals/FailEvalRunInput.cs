using Serverless.Service.Evals;

namespace Serverless.Service.Pipeline.Evals;

/// <param name="RunId">The run that did not work.</param>
/// <param name="Reason">What failed, for its owner to read.</param>
public sealed record FailEvalRunInput(EvalRunId RunId, string Reason);
