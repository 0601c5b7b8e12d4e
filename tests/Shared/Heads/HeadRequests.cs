using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Serverless.Tests.Heads;

/// <summary>What a head is asked over HTTP, below <c>v1/</c>. An answer that is no success throws with what it says.</summary>
internal static class HeadRequests
{
    /// <summary>Posts a file.</summary>
    /// <returns>Its id.</returns>
    public static async Task<string> UploadAsync(this HeadProcess head, HttpContent content, string name, CancellationToken ct, string purpose = "fine-tune")
    {
        using var form = new MultipartFormDataContent { { new StringContent(purpose), "purpose" }, { content, "file", name } };
        using var answer = await head.Http.PostAsync("files", form, ct);
        return await IdAsync(answer, ct);
    }

    /// <inheritdoc cref="UploadAsync(HeadProcess, HttpContent, string, CancellationToken, string)"/>
    public static Task<string> UploadAsync(this HeadProcess head, string content, string name, CancellationToken ct) =>
        head.UploadAsync(new ByteArrayContent(Encoding.UTF8.GetBytes(content)), name, ct);

    /// <summary>Creates a job.</summary>
    /// <returns>Its id.</returns>
    public static async Task<string> CreateJobAsync(this HeadProcess head, JsonObject body, CancellationToken ct)
    {
        using var answer = await head.Http.PostAsJsonAsync("fine_tuning/jobs", body, ct);
        return await IdAsync(answer, ct);
    }

    /// <summary>What is at a path.</summary>
    public static async Task<JsonElement> GetAsync(this HeadProcess head, string path, CancellationToken ct)
    {
        using var answer = await head.Http.GetAsync(path, ct);
        return await JsonAsync(answer, ct);
    }

    private static async Task<string> IdAsync(HttpResponseMessage answer, CancellationToken ct) => (await JsonAsync(answer, ct)).GetProperty("id").GetString()!;

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        var text = await answer.Content.ReadAsStringAsync(ct);
        return answer.IsSuccessStatusCode ? JsonDocument.Parse(text).RootElement : throw new InvalidOperationException($"{(int)answer.StatusCode}: {text}");
    }
}
