namespace Serverless.Service.Pipeline.FineTuning.Teaching;

/// <summary>A teacher that did not answer this time. It is asked again as the durable engine's policy says.</summary>
public sealed class TeacherAwayException(string message, Exception? innerException = null) : Exception(message, innerException);
