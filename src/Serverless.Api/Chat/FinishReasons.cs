using Serverless.Learning.Sampling;

namespace Serverless.Api.Chat;

/// <summary>Finish reasons as the wire writes them.</summary>
internal static class FinishReasons
{
    public static string TextOf(FinishReason reason) => reason switch
    {
        FinishReason.Stop => "stop",
        FinishReason.Length => "length",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "unknown finish reason"),
    };
}
