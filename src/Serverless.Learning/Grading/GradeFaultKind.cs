namespace Serverless.Learning.Grading;

/// <summary>The kinds of faults of grading; each is a flag of the wire's <c>metadata.errors</c>.</summary>
public enum GradeFaultKind
{
    /// <summary>A template names something that the item or the sample does not have.</summary>
    InvalidVariable,

    /// <summary>The answer is not the JSON that a template asks for.</summary>
    SampleParse,

    /// <summary>The formula gives no finite number for these scores.</summary>
    FormulaParse,

    /// <summary>A text is longer than the grader can compare.</summary>
    TruncatedObservation,

    /// <summary>The grader did not come to an end within its time.</summary>
    UnresponsiveReward,

    /// <summary>The grading model could not be asked.</summary>
    ModelServer,

    /// <summary>The grading model's answer has no score or label in it.</summary>
    ModelParse,
}
