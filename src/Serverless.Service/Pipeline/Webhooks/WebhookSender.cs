using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Serverless.Service.Network;

namespace Serverless.Service.Pipeline.Webhooks;

/// <summary>Posts messages to endpoints.</summary>
public sealed class WebhookSender(OutboundPolicy outbound, TimeProvider clock) : IDisposable
{
    /// <summary>The specification recommends 15 to 30 seconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // Of an answer the status alone is read.
    private readonly HttpClient _http = outbound.CreateClient(Patience, 1024);

    /// <summary>Posts a message once.</summary>
    /// <param name="jobId">The job it is about.</param>
    /// <returns>Null when the endpoint took it with a status of 200 to 299, otherwise what happened.</returns>
    public async Task<string?> SendAsync(WebhookEndpoint endpoint, WebhookState state, string jobId, CancellationToken ct)
    {
        var body = BodyOf(state, jobId);
        var now = clock.GetUtcNow();
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("webhook-id", state.EventId);
        request.Headers.Add("webhook-timestamp", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", WebhookSignature.Of(endpoint.Key.Span, state.EventId, now, body));
        try
        {
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            return answer.IsSuccessStatusCode ? null : $"it answered {(int)answer.StatusCode}";
        }
        catch (HttpRequestException fault)
        {
            return fault.Message;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return $"it did not answer within {Patience.TotalSeconds:0} s";
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>The event in OpenAI's shape; the same bytes at every attempt.</summary>
    internal static byte[] BodyOf(WebhookState state, string jobId)
    {
        using var written = new MemoryStream();
        using (var json = new Utf8JsonWriter(written))
        {
            json.WriteStartObject();
            json.WriteString("id", state.EventId);
            json.WriteString("object", "event");
            json.WriteNumber("created_at", state.CreatedAt.ToUnixTimeSeconds());
            json.WriteString("type", state.Type);
            json.WriteStartObject("data");
            json.WriteString("id", jobId);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return written.ToArray();
    }
}
