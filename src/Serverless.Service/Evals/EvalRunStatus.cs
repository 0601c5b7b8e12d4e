namespace Serverless.Service.Evals;

/// <summary>Where a run of an evaluation stands.</summary>
public enum EvalRunStatus
{
    Queued,
    InProgress,
    Completed,
    Failed,
    Canceled,
}
