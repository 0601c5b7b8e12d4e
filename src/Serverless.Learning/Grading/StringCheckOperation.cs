namespace Serverless.Learning.Grading;

/// <summary>How string_check compares the input with the reference.</summary>
internal enum StringCheckOperation
{
    /// <summary>The same characters.</summary>
    Equal,

    /// <summary>Not the same characters.</summary>
    NotEqual,

    /// <summary>The input contains the reference.</summary>
    Contains,

    /// <summary>The input contains the reference, upper and lower case being the same.</summary>
    ContainsAnyCase,
}
