namespace Serverless.Learning.Training;

/// <summary>What a run learns by.</summary>
public enum TrainingMethod
{
    /// <summary>Imitating answers.</summary>
    Supervised,

    /// <summary>Preferring one answer to another.</summary>
    Preference,

    /// <summary>Predicting plain text.</summary>
    Pretraining,

    /// <summary>Answering, and being graded.</summary>
    Reinforcement,
}
