using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.Webhooks;

/// <param name="JobId">The job that has ended.</param>
/// <param name="GivesUp">Whether all attempts have failed, and only the job's owner is still to be told so.</param>
public sealed record WebhookCall(JobId JobId, bool GivesUp = false);
