using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Learning;

namespace Serverless.Local.Demo;

/// <summary>Calls the head's own HTTP API, as any client would.</summary>
internal sealed class HeadClient(Uri url) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(url, "v1/"), Timeout = TimeSpan.FromMinutes(5) };

    /// <summary>The file object, or null while there is no such file.</summary>
    public async Task<JsonElement?> FindFileAsync(string id, CancellationToken ct)
    {
        using var answer = await _http.GetAsync(new Uri($"files/{id}", UriKind.Relative), ct);
        return answer.StatusCode == System.Net.HttpStatusCode.NotFound ? null : await ReadAsync(answer, ct);
    }

    /// <summary>Creates a fine-tuning job.</summary>
    /// <returns>The job object.</returns>
    public async Task<JsonElement> CreateJobAsync(JsonObject request, CancellationToken ct)
    {
        using var answer = await _http.PostAsJsonAsync(new Uri("fine_tuning/jobs", UriKind.Relative), request, ct);
        return await ReadAsync(answer, ct);
    }

    /// <summary>The job object.</summary>
    public Task<JsonElement> JobAsync(string id, CancellationToken ct) => GetAsync($"fine_tuning/jobs/{id}", ct);

    /// <summary>The evaluation object of a job that has ended and had a validation file.</summary>
    public Task<JsonElement> EvaluationAsync(string id, CancellationToken ct) => GetAsync($"fine_tuning/jobs/{id}/evaluation", ct);

    /// <summary>The newest events of a job, newest first.</summary>
    public async Task<IReadOnlyList<JsonElement>> EventsAsync(string id, int limit, CancellationToken ct) =>
        [.. (await GetAsync($"fine_tuning/jobs/{id}/events?limit={limit}", ct)).GetProperty("data").EnumerateArray()];

    /// <summary>A model's greedy answer to a system prompt and a message.</summary>
    public async Task<string> AnswerAsync(string model, IEnumerable<(string Role, string Content)> messages, int maxTokens, CancellationToken ct)
    {
        var request = ChatRequest(model, messages, maxTokens);
        using var answer = await _http.PostAsJsonAsync(new Uri("chat/completions", UriKind.Relative), request, ct);
        return (await ReadAsync(answer, ct)).GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString() ?? "";
    }

    /// <summary>The body of such a request.</summary>
    public static JsonObject ChatRequest(string model, IEnumerable<(string Role, string Content)> messages, int maxTokens) => new()
    {
        ["model"] = model,
        ["messages"] = new JsonArray([.. messages.Select(message => new JsonObject { ["role"] = message.Role, ["content"] = message.Content })]),
        ["temperature"] = 0,
        ["max_tokens"] = maxTokens,
    };

    public void Dispose() => _http.Dispose();

    private async Task<JsonElement> GetAsync(string path, CancellationToken ct)
    {
        using var answer = await _http.GetAsync(new Uri(path, UriKind.Relative), ct);
        return await ReadAsync(answer, ct);
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(ct);
        if (answer.IsSuccessStatusCode)
            return body;
        var message = body.GetProperty("error").GetProperty("message").GetString();
        return (int)answer.StatusCode < 500
            ? throw new InputError(message ?? $"HTTP {(int)answer.StatusCode}")
            : throw new HttpRequestException($"the head answered {(int)answer.StatusCode}: {message}");
    }
}
