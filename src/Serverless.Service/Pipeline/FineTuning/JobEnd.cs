using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>How a job's workflow ends.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Move">Succeed, fail or cancel; a job that is final already keeps its status.</param>
/// <param name="Error">Why it failed, if it did.</param>
public sealed record JobEnd(JobId JobId, JobMove Move, JobError? Error = null);
