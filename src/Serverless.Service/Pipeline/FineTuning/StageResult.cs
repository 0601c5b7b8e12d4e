namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>What comes after one call of a stage's activity.</summary>
public enum StageResult
{
    /// <summary>The stage is complete: the next one.</summary>
    Done,

    /// <summary>The stage of a recipe is complete, and another one follows: that one, from its teacher on.</summary>
    Next,

    /// <summary>There is more to do: the same stage at once.</summary>
    More,

    /// <summary>Something has to happen first: the same stage after a while, or when the job has changed.</summary>
    Wait,

    /// <summary>The job has to ask for admission again, because its owner wants it to wait.</summary>
    Yield,

    /// <summary>The job is final already.</summary>
    Stop,

    /// <summary>The job fails by a fault of its owner's.</summary>
    Refuse,

    /// <summary>The job is admitted, and there is nothing for a teacher to do before it trains.</summary>
    Train,
}
