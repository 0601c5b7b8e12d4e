namespace Serverless.Service.Jobs;

/// <summary>An event with its place in the job's log.</summary>
/// <param name="Id">The wire's id, made from the job's id and <paramref name="Sequence"/> alone.</param>
/// <param name="Sequence">Counts from 0 without gaps or doubles.</param>
/// <param name="Event">What happened.</param>
public sealed record NumberedEvent(JobEventId Id, long Sequence, JobEvent Event);
