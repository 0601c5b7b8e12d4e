namespace Serverless.Service.Jobs;

/// <summary>Why a job failed, as the wire shows it.</summary>
/// <param name="Code">The wire's error code.</param>
/// <param name="Message">Place, finding and remedy.</param>
/// <param name="Param">The request parameter at fault, if one is.</param>
public sealed record JobError(string Code, string Message, string? Param = null);
