using Microsoft.Extensions.Logging;

namespace Serverless.Local.Journal;

internal static partial class JournalLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "{Instance}: {Workflow} goes on after a restart of the head")]
    public static partial void Resumed(this ILogger logger, string instance, string workflow);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Instance}: {Activity} failed, attempt {Attempt}; next in {Pause}")]
    public static partial void ActivityRetried(
        this ILogger logger, Exception exception, string instance, string activity, int attempt, TimeSpan pause);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Instance}: {Activity} failed for good after {Attempt} attempts")]
    public static partial void ActivityFailed(this ILogger logger, Exception exception, string instance, string activity, int attempt);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Instance}: the process died {Deaths} times in {Activity}; it is given up")]
    public static partial void ActivityGivenUp(this ILogger logger, string instance, string activity, int deaths);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Instance}: begun anew from its input: {Reason}")]
    public static partial void Restarted(this ILogger logger, string instance, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Instance}: {Workflow} failed: {Failure}")]
    public static partial void WorkflowFailed(this ILogger logger, string instance, string workflow, string failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Instance}: there is no workflow named {Workflow}; its record is left as it is")]
    public static partial void WorkflowUnknown(this ILogger logger, string instance, string workflow);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Instance}: its record cannot be written ({Reason}); next try in {Pause}")]
    public static partial void StorageAway(this ILogger logger, string instance, string reason, TimeSpan pause);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Instance}: another head has written its record; left to that one")]
    public static partial void TakenOver(this ILogger logger, string instance);

    [LoggerMessage(Level = LogLevel.Critical, Message = "{Instance}: the journal stopped running it")]
    public static partial void Broken(this ILogger logger, Exception exception, string instance);
}
