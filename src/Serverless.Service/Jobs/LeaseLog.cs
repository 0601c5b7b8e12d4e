using Microsoft.Extensions.Logging;

namespace Serverless.Service.Jobs;

internal static partial class LeaseLog
{
    [LoggerMessage(LogLevel.Warning, "{Job}: another trainer has taken the lease over")]
    public static partial void LeaseLost(this ILogger logger, JobId job);

    [LoggerMessage(LogLevel.Warning, "{Job}: the storage does not answer ({Reason}); the lease is renewed once it does")]
    public static partial void LeaseNotRenewed(this ILogger logger, JobId job, string reason);

    [LoggerMessage(LogLevel.Warning, "{Job}: the storage does not answer ({Reason}); the lease ends by itself")]
    public static partial void LeaseNotReleased(this ILogger logger, JobId job, string reason);

    [LoggerMessage(LogLevel.Information, "{Job}: the trainer in process {ProcessId} is dead; its lease is broken")]
    public static partial void LeaseBroken(this ILogger logger, JobId job, int processId);
}
