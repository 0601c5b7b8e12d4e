namespace Serverless.Service.Evals;

/// <summary>What became of one item.</summary>
public enum EvalItemStatus
{
    Pass,
    Fail,
    Error,
}
