using Serverless.Learning.Sampling;

namespace Serverless.Api.Sampling;

/// <summary>Finish reasons as the wire writes them.</summary>
internal static class FinishReasons
{
    /// <param name="calls">Whether the answer calls tools.</param>
    public static string TextOf(FinishReason reason, bool calls = false) => reason switch
    {
        FinishReason.Stop => calls ? "tool_calls" : "stop",
        FinishReason.Length => "length",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "unknown finish reason"),
    };
}
