namespace Serverless.Learning;

/// <summary>
/// A fault of the caller's input: a data set, a model folder, a request. The message names the place (file, line and field, or the
/// parameter), what was found there and what is allowed. Everything that is not an <see cref="InputError"/> is a fault of ours.
/// </summary>
public sealed class InputError : Exception
{
    /// <param name="message">Place, finding and remedy, in one sentence; further faults may follow on lines of their own.</param>
    /// <param name="parameter">The request parameter at fault, as named on the wire (such as <c>training_file</c>), if one is.</param>
    /// <param name="code">The wire's error code (such as <c>model_not_found</c>), if one fits.</param>
    public InputError(string message, string? parameter = null, string? code = null, Exception? innerException = null)
        : base(message, innerException)
    {
        Parameter = parameter;
        Code = code;
    }

    /// <summary>The request parameter at fault, or null.</summary>
    public string? Parameter { get; }

    /// <summary>The wire's error code, or null.</summary>
    public string? Code { get; }
}
