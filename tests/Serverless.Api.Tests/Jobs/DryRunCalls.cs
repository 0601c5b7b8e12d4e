using System.Text;
using System.Text.Json;
using OpenAI.Files;

namespace Serverless.Api.Tests.Jobs;

/// <summary>What the tests of dry runs ask a server.</summary>
internal static class DryRunCalls
{
    public static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    public static async Task<string> UploadAsync(ApiServer server, string lines, string name = "train.jsonl")
    {
        OpenAIFile file = await server.Client.GetOpenAIFileClient().UploadFileAsync(BinaryData.FromString(lines), name, FileUploadPurpose.FineTune);
        return file.Id;
    }

    public static Task<HttpResponseMessage> PostAsync(ApiServer server, string query, string body) =>
        server.Http.PostAsync("/v1/fine_tuning/jobs" + query, new StringContent(body, Encoding.UTF8, "application/json"));

    /// <summary>The job once it has been prepared.</summary>
    public static async Task<JsonElement> QueuedAsync(ApiServer server, string id)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        while (true)
        {
            var job = await (await server.Http.GetAsync($"/v1/fine_tuning/jobs/{id}", limit.Token)).JsonAsync();
            if (Text(job, "status") != "validating_files")
                return job;
            await Task.Delay(50, limit.Token);
        }
    }

    public static async Task<List<string>> BlobsAsync(ApiServer server)
    {
        var account = server.Account;
        var all = new List<string>();
        foreach (var container in new[] { account.Datasets, account.Files, account.Catalog, account.Jobs, account.Models, account.Journal })
            await foreach (var blob in container.GetBlobsAsync())
                all.Add($"{container.Name}/{blob.Name} {blob.Properties.ETag}");
        return all;
    }
}
