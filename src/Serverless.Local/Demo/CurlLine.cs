using System.Text.Encodings.Web;
using System.Text.Json;

namespace Serverless.Local.Demo;

/// <summary>A shell line that asks a model of the head.</summary>
internal static class CurlLine
{
    private static readonly JsonSerializerOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(Uri url, string model, IEnumerable<(string Role, string Content)> messages, int maxTokens)
    {
        var body = HeadClient.ChatRequest(model, messages, maxTokens).ToJsonString(s_options);
        // In single quotes a shell leaves everything alone but the quote itself.
        return $"curl -s {new Uri(url, "v1/chat/completions")} -H 'Content-Type: application/json' -d '{body.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }
}
