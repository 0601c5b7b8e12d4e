namespace Serverless.Learning.Grading;

/// <summary>Why an answer could not be graded.</summary>
/// <param name="Kind">Which kind of fault, as the wire tells them apart.</param>
/// <param name="Message">The grader's name and field, what was found and what is allowed.</param>
public sealed record GradeFault(GradeFaultKind Kind, string Message);
