using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Serverless.Api.Access;
using Serverless.Learning.Native;
using Serverless.Service.Jobs;
using Serverless.Service.Network;
using Serverless.Service.Pipeline.FineTuning.Teaching;
using Serverless.Service.Pipeline.Webhooks;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests.Access;

/// <summary>Keys stand where they were given and nowhere else: all that the service writes and answers is searched for them.</summary>
public sealed class SecretsTests(AzuriteFixture azurite)
{
    private const string Key = "sk-marked-API-KEY-57aa91", Wrong = "sk-marked-WRONG-KEY-88bd02", TeacherKey = "sk-marked-TEACHER-31ce77",
        HookPath = "marked-HOOK-PATH-77fe20";

    // The key of the storage emulator, which everyone knows and which stands for the one of an account.
    private const string StorageKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private static readonly byte[] HookKey = Encoding.ASCII.GetBytes("marked-WEBHOOK-SECRET-of-32-byte");

    private static readonly string[] Secrets = [Key, Wrong, TeacherKey, HookPath, StorageKey, Encoding.ASCII.GetString(HookKey), Convert.ToBase64String(HookKey), Convert.ToBase64String(Encoding.ASCII.GetBytes(Key))];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_key_is_in_a_log_an_answer_an_event_a_record_or_the_journal()
    {
        NativeRuntime.EnsureLoaded();
        await using var echo = await BareApi.StartAsync(new ApiSettings(), app =>
        {
            app.MapPost("/refusing/chat/completions", (HttpRequest request) => Results.Json(new { error = new { message = $"{new string(' ', 90)}you sent {request.Headers.Authorization}" } }, statusCode: 403));
            app.MapPost("/echoing/chat/completions", (HttpRequest request) => Results.Json(new { choices = new[] { new { message = new { content = $"you sent {request.Headers.Authorization}" }, finish_reason = "stop" } } }));
        });
        await using var server = await ApiServer.StartWithModelAsync(azurite, new ApiSettings { Keys = [ApiKey.FromSecret("only", Key)] }, pipeline => pipeline with
        {
            // One is not called, one refuses and one answers, both with the key that they were called with, and the webhook is not reached: the faults are told to the job's owner.
            Teachers =
            [
                new TeacherEndpoint("far", new Uri("http://127.0.0.2:9/v1"), "big", TeacherKey),
                new TeacherEndpoint("refusing", new Uri($"{echo.Http.BaseAddress}refusing"), "big", TeacherKey),
                new TeacherEndpoint("echoing", new Uri($"{echo.Http.BaseAddress}echoing"), "big", TeacherKey),
            ],
            Webhooks = [new WebhookEndpoint(new Uri($"http://127.0.0.1:9/{HookPath}"), HookKey)],
            AllowedNetworks = AllowedNetworks.Parse(["127.0.0.1"]),
        });
        await server.RunWorkflowsAsync();
        var answers = new StringBuilder();

        await SendAsync(HttpMethod.Get, "/v1/models", Wrong, null, HttpStatusCode.Unauthorized);
        await SendAsync(HttpMethod.Post, "/dashboard/session", null, JsonContent.Create(new { key = Wrong }), HttpStatusCode.Unauthorized);
        await SendAsync(HttpMethod.Post, "/dashboard/session", null, JsonContent.Create(new { key = Key }), HttpStatusCode.NoContent);
        var file = await SendAsync(HttpMethod.Post, "/v1/files", Key, new MultipartFormDataContent
        {
            { new StringContent("fine-tune"), "purpose" }, { new ByteArrayContent(Encoding.UTF8.GetBytes(TinyModel.Dataset(12))), "file", "train.jsonl" },
        }, HttpStatusCode.OK);
        var id = JsonDocument.Parse(file).RootElement.GetProperty("id").GetString();
        await SendAsync(HttpMethod.Post, "/v1/chat/completions", Key, JsonContent.Create(new { model = "missing", messages = new[] { new { role = "user", content = "Hi" } } }), HttpStatusCode.NotFound);
        await SendAsync(HttpMethod.Post, "/v1/fine_tuning/jobs", Key, new StringContent("{", null, "application/json"), HttpStatusCode.BadRequest);
        var distilled = await JobAsync(new { type = "distillation", distillation = new { teacher = "far", n = 1 } });
        foreach (var teacher in (string[])["refusing", "echoing"])
        {
            var taught = await JobAsync(new { type = "distillation", distillation = new { teacher, n = 1 } });
            await SendAsync(HttpMethod.Get, $"/v1/fine_tuning/jobs/{taught}", Key, null, HttpStatusCode.OK);
            await SendAsync(HttpMethod.Get, $"/v1/fine_tuning/jobs/{taught}/events", Key, null, HttpStatusCode.OK);
        }
        var trained = await JobAsync(new { type = "supervised", supervised = new { hyperparameters = new { n_epochs = 1 } } });
        await SendAsync(HttpMethod.Get, $"/v1/fine_tuning/jobs/{distilled}/events", Key, null, HttpStatusCode.OK);
        await SendAsync(HttpMethod.Get, $"/v1/fine_tuning/jobs/{trained}/events", Key, null, HttpStatusCode.OK);

        // The faults of both are there, so that the search has something to look through.
        Assert.Contains("the teacher far (http://127.0.0.2:9/v1) is not called", answers.ToString(), StringComparison.Ordinal);
        Assert.Contains("you sent Bearer ****", answers.ToString(), StringComparison.Ordinal);
        Assert.Contains("The webhook at 127.0.0.1 could not be told", answers.ToString(), StringComparison.Ordinal);
        Assert.Contains(server.Log.Lines, line => line.Contains("carries the key 'only'", StringComparison.Ordinal));
        foreach (var secret in Secrets)
        {
            Assert.DoesNotContain(secret, answers.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(server.Log.Lines, line => line.Contains(secret, StringComparison.Ordinal));
        }
        var blobs = 0;
        foreach (var container in (BlobContainerClient[])[server.Account.Files, server.Account.Catalog, server.Account.Jobs, server.Account.Journal, server.Account.Models, server.Account.Datasets])
            await foreach (var blob in container.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata }, Ct))
            {
                blobs++;
                var content = (await container.GetBlobClient(blob.Name).DownloadContentAsync(Ct)).Value.Content.ToArray();
                var written = Encoding.Latin1.GetString(content) + blob.Name + string.Concat(blob.Metadata.Select(pair => pair.Key + pair.Value));
                foreach (var secret in Secrets)
                    Assert.False(written.Contains(secret, StringComparison.Ordinal), $"{container.Name}/{blob.Name} holds {secret}");
            }
        Assert.InRange(blobs, 10, int.MaxValue);

        async Task<string> JobAsync(object method)
        {
            var created = await SendAsync(HttpMethod.Post, "/v1/fine_tuning/jobs", Key, JsonContent.Create(new { model = "tiny", training_file = id, method }), HttpStatusCode.OK);
            var job = JsonDocument.Parse(created).RootElement.GetProperty("id").GetString()!;
            while (await server.Get<JobCatalog>().FindAsync(new JobId(job), Ct) is not { Status: JobStatus.Succeeded or JobStatus.Failed })
                await Task.Delay(50, Ct);
            return job;
        }

        async Task<string> SendAsync(HttpMethod method, string path, string? key, HttpContent? content, HttpStatusCode expected)
        {
            using var request = new HttpRequestMessage(method, path) { Content = content };
            if (key is not null)
                request.Headers.Authorization = new("Bearer", key);
            using var answer = await server.Http.SendAsync(request, Ct);
            var said = await answer.Content.ReadAsStringAsync(Ct);
            answers.AppendLine(said).AppendLine(answer.Headers.ToString());
            Assert.True(answer.StatusCode == expected, $"{method} {path}: {(int)answer.StatusCode} {said}");
            return said;
        }
    }
}
