using Microsoft.Extensions.Logging;

namespace Serverless.Local.Composition;

/// <summary>What the head says while it starts.</summary>
internal static partial class HeadLog
{
    [LoggerMessage(2, LogLevel.Critical, "Another head has taken over the jobs of this storage; this one ends")]
    public static partial void LeaseLost(this ILogger logger);
}
