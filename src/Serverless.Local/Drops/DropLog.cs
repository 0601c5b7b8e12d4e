using Microsoft.Extensions.Logging;

namespace Serverless.Local.Drops;

/// <summary>What the drop watcher says.</summary>
internal static partial class DropLog
{
    [LoggerMessage(1, LogLevel.Information, "Took {Path} from the container {Container} as {File}, {Bytes} bytes")]
    public static partial void Took(this ILogger logger, string path, string container, string file, long bytes);

    [LoggerMessage(2, LogLevel.Warning, "Could not look through the container {Container}; the next look comes by itself")]
    public static partial void LookFailed(this ILogger logger, Exception fault, string container);

    [LoggerMessage(3, LogLevel.Information, "Took {Drop} from the container {Container} as the base model {Model}, {Bytes} bytes")]
    public static partial void TookModel(this ILogger logger, string drop, string container, string model, long bytes);

    [LoggerMessage(4, LogLevel.Warning, "Could not take {Drop} in the container {Container} as a model; {Drop}.refused.txt beside it says why")]
    public static partial void RefusedModel(this ILogger logger, string drop, string container);
}
