namespace Serverless.Service.Pipeline.Evals;

/// <summary>How far a run of an evaluation has come.</summary>
public enum EvalProgress
{
    /// <summary>There are more items.</summary>
    More,

    /// <summary>The run's record says how it ended; or the run is gone.</summary>
    Done,
}
