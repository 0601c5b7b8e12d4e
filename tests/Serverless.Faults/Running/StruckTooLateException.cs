namespace Serverless.Faults.Running;

/// <summary>A trial that shows nothing: the job had trained to its end before the fault could do it harm.</summary>
internal sealed class StruckTooLateException(string message) : Exception(message);
