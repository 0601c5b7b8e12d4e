using Microsoft.Extensions.Logging;

namespace Serverless.Local.Drops;

/// <summary>What the drop watcher says.</summary>
internal static partial class DropLog
{
    [LoggerMessage(1, LogLevel.Information, "Took {Path} from the container {Container} as {File}, {Bytes} bytes")]
    public static partial void Took(this ILogger logger, string path, string container, string file, long bytes);

    [LoggerMessage(2, LogLevel.Warning, "Could not look through the container {Container}; the next look comes by itself")]
    public static partial void LookFailed(this ILogger logger, Exception fault, string container);
}
