using Microsoft.Extensions.Logging;

namespace Serverless.Local.Composition;

/// <summary>What the head says while it starts.</summary>
internal static partial class HeadLog
{
    [LoggerMessage(1, LogLevel.Debug, "Base model {Model} is in place, from {Folder}, {Bytes} bytes")]
    public static partial void Seeded(this ILogger logger, string model, string folder, long bytes);

    [LoggerMessage(3, LogLevel.Warning, "The adapter in {Folder} is left out. {Fault}")]
    public static partial void NotAnAdapter(this ILogger logger, string folder, string fault);

    [LoggerMessage(2, LogLevel.Critical, "Another head has taken over the jobs of this storage; this one ends")]
    public static partial void LeaseLost(this ILogger logger);
}
