using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>How a job's workflow ends.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Move">Succeed, fail or cancel; a job that is final already keeps its status.</param>
/// <param name="Error">Why it failed, if it did.</param>
/// <param name="Failures">How often ending it has failed at every attempt. From the second time on its status is written before all else.</param>
public sealed record JobEnd(JobId JobId, JobMove Move, JobError? Error = null, int Failures = 0);
