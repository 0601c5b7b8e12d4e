namespace Serverless.Service.Jobs;

/// <summary>What can happen to a job's status.</summary>
public enum JobMove
{
    /// <summary>Its files and hyper-parameters are in order.</summary>
    Queue,

    /// <summary>It got a training slot.</summary>
    Admit,

    /// <summary>Its owner wants it to wait.</summary>
    Pause,

    /// <summary>Its owner wants it to go on.</summary>
    Resume,

    /// <summary>Its model is published.</summary>
    Succeed,

    /// <summary>It cannot go on.</summary>
    Fail,

    /// <summary>Its owner does not want it any more.</summary>
    Cancel,
}
