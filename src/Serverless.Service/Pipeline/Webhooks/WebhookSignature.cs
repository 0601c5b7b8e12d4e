using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Serverless.Service.Pipeline.Webhooks;

/// <summary>
/// The signature of a message by the Standard Webhooks specification (github.com/standard-webhooks/standard-webhooks, spec 1.0.0, "Signature scheme"): version <c>v1</c>,
/// the base 64 of the HMAC-SHA256 of <c>id.timestamp.body</c>.
/// </summary>
public static class WebhookSignature
{
    /// <param name="id">The message's id, the header <c>webhook-id</c>.</param>
    /// <param name="time">When it is sent, the header <c>webhook-timestamp</c> in whole seconds since 1970.</param>
    /// <param name="body">The bytes that are sent.</param>
    public static string Of(ReadOnlySpan<byte> key, string id, DateTimeOffset time, ReadOnlySpan<byte> body)
    {
        var head = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{time.ToUnixTimeSeconds()}."));
        return "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, [.. head, .. body]));
    }
}
