namespace Serverless.Service.Inference;

/// <summary>What keeps a model from answering any question of a grader.</summary>
public enum GraderAbsence
{
    /// <summary>Nothing: it answers, or this question alone cannot be answered.</summary>
    None,

    /// <summary>It does not exist, or refuses everything.</summary>
    Gone,

    /// <summary>It cannot be reached or is too busy; later it may answer.</summary>
    Away,
}
