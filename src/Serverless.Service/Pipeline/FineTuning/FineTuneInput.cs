using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <param name="JobId">The job.</param>
/// <param name="Stage">Where to begin; every stage that is complete ends at once, so this saves time and nothing else.</param>
/// <param name="Restart">Why the workflow was begun anew, if it was; the job's owner is told.</param>
/// <param name="End">How the job ends, once that is decided and only the ending failed.</param>
public sealed record FineTuneInput(JobId JobId, JobStage Stage = JobStage.ValidateFiles, string? Restart = null, JobEnd? End = null);
