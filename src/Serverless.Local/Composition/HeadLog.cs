using Microsoft.Extensions.Logging;

namespace Serverless.Local.Composition;

/// <summary>What the head says of itself.</summary>
internal static partial class HeadLog
{
    [LoggerMessage(2, LogLevel.Critical, "Another head has taken over the jobs of this storage; this one ends")]
    public static partial void LeaseLost(this ILogger logger);

    [LoggerMessage(3, LogLevel.Warning, "The upkeep of what is unfinished or has expired has failed; the next time comes by itself")]
    public static partial void UpkeepFailed(this ILogger logger, Exception fault);

    [LoggerMessage(4, LogLevel.Warning, "The head ends {Seconds:0.0} s after it was asked to, without waiting for what still runs: {Left}; the next head goes on from what is committed")]
    public static partial void WorkLeft(this ILogger logger, double seconds, string left);
}
