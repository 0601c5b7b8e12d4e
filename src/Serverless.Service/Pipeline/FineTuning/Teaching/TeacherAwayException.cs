namespace Serverless.Service.Pipeline.FineTuning.Teaching;

/// <summary>A teacher, or a model that grades, that did not answer this time. It is asked again, as <see cref="TeacherAbsences"/> has it.</summary>
public sealed class TeacherAwayException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The request parameter that holds the grader which asked; null where a teacher was asked to teach.</summary>
    public string? Grader { get; init; }
}
