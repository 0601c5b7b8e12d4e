namespace Serverless.Service.Jobs;

/// <summary>Another trainer has taken the job over: nothing more may be written for it from here.</summary>
public sealed class LeaseLostException(JobId id, Exception? innerException = null)
    : Exception($"The trainer's lease on {id} was taken over by another one.", innerException)
{
    public JobId JobId { get; } = id;
}
