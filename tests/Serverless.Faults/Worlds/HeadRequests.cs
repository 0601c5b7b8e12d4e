using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Service.Jobs;
using Serverless.Tests.Heads;

namespace Serverless.Faults.Worlds;

/// <summary>What faults ask of a head over HTTP.</summary>
internal static class HeadRequests
{
    /// <summary>Posts a file.</summary>
    /// <returns>Its id.</returns>
    public static async Task<string> UploadAsync(this HeadProcess head, string content, string name, CancellationToken ct)
    {
        using var form = new MultipartFormDataContent
        {
            { new StringContent("fine-tune"), "purpose" },
            { new ByteArrayContent(Encoding.UTF8.GetBytes(content)), "file", name },
        };
        using var answer = await head.Http.PostAsync("files", form, ct);
        return await IdAsync(answer, ct);
    }

    /// <summary>Creates a job.</summary>
    public static async Task<JobId> CreateJobAsync(this HeadProcess head, JsonObject body, CancellationToken ct)
    {
        using var answer = await head.Http.PostAsJsonAsync("fine_tuning/jobs", body, ct);
        return new JobId(await IdAsync(answer, ct));
    }

    private static async Task<string> IdAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        var text = await answer.Content.ReadAsStringAsync(ct);
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException($"{(int)answer.StatusCode}: {text}");
        return JsonDocument.Parse(text).RootElement.GetProperty("id").GetString()!;
    }
}
