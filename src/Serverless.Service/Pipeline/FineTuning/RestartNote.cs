using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <param name="JobId">The job whose workflow was begun anew.</param>
/// <param name="Reason">What in its history did not fit.</param>
public sealed record RestartNote(JobId JobId, string Reason);
