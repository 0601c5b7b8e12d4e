using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Serverless.Service.Jobs;
using Serverless.Service.Network;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.Webhooks;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>What endpoints are told when a job ends.</summary>
public sealed class WebhookTests(AzuriteFixture azurite) : IDisposable
{
    private static readonly byte[] Key = Encoding.UTF8.GetBytes("a key of thirty-two bytes, about");
    private readonly TemporaryFolder _folder = new();
    private readonly List<Listener> _listeners = [];

    [Fact]
    public async Task An_endpoint_that_refuses_gets_the_same_message_again_and_once_taken_never_again()
    {
        var listener = Listen();
        listener.Statuses.Enqueue(500);
        await using var head = await StartAsync(listener);
        var job = await CancelledAsync(head);

        var refused = await Assert.ThrowsAsync<WebhookRefusedException>(() => SendAsync(head, job));
        Assert.True(await SendAsync(head, job));
        Assert.True(await SendAsync(head, job));

        Assert.Equal($"The webhook at 127.0.0.1 could not be told that the job has ended: it answered 500", refused.Message);
        Assert.Equal(2, listener.Taken.Count);
        var (first, second) = (listener.Taken[0], listener.Taken[1]);
        Assert.Equal((first.Id, first.Body), (second.Id, second.Body));
        foreach (var message in listener.Taken)
            Assert.Equal(
                WebhookSignature.Of(Key, message.Id, DateTimeOffset.FromUnixTimeSeconds(long.Parse(message.Timestamp, null)), Encoding.UTF8.GetBytes(message.Body)), message.Signature);
        var body = JsonDocument.Parse(first.Body).RootElement;
        Assert.Equal(["id", "object", "created_at", "type", "data"], body.EnumerateObject().Select(field => field.Name));
        Assert.Equal(first.Id, body.GetProperty("id").GetString());
        Assert.Equal("fine_tuning.job.cancelled", body.GetProperty("type").GetString());
        Assert.Equal($$"""{"id":"{{job}}"}""", body.GetProperty("data").GetRawText());
        Assert.Equal(JobStatus.Cancelled, (await head.JobCatalog.FindAsync(job, default))!.Status);
        Assert.Contains($"{refused.Message}. It is tried again", await head.MessagesAsync(job));
    }

    [Fact]
    public async Task An_endpoint_that_took_the_message_does_not_get_it_again_because_another_one_refuses()
    {
        var (good, bad) = (Listen(), Listen());
        bad.Statuses.Enqueue(503);
        await using var head = await StartAsync(good, bad);
        var job = await CancelledAsync(head);

        await Assert.ThrowsAsync<WebhookRefusedException>(() => SendAsync(head, job));
        Assert.True(await SendAsync(head, job));

        Assert.Equal((1, 2), (good.Taken.Count, bad.Taken.Count));
    }

    [Fact]
    public async Task When_all_attempts_have_failed_the_owner_is_told_once_and_nothing_is_sent()
    {
        var listener = Listen();
        await using var head = await StartAsync(listener);
        var job = await CancelledAsync(head);

        Assert.False(await SendAsync(head, job, givesUp: true));
        Assert.False(await SendAsync(head, job, givesUp: true));

        Assert.Empty(listener.Taken);
        Assert.Single(await head.MessagesAsync(job), $"The webhook at 127.0.0.1 was not told that the job has ended: all attempts failed");
    }

    [Fact]
    public async Task Nobody_is_told_of_a_job_that_has_not_ended()
    {
        var listener = Listen();
        await using var head = await StartAsync(listener);
        var job = await head.JobCatalog.CreateAsync(await RecordAsync(head), default);

        Assert.True(await SendAsync(head, job.Id));

        Assert.Empty(listener.Taken);
    }

    public void Dispose()
    {
        foreach (var listener in _listeners)
            listener.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task An_endpoint_within_the_network_is_not_called_unless_the_settings_allow_it()
    {
        var listener = Listen();
        await using var head = await PipelineHead.StartAsync(await azurite.NewAccountAsync(), _folder.Path, SettingsOf(AllowedNetworks.None, listener));
        var job = await CancelledAsync(head);

        var refused = await Assert.ThrowsAsync<WebhookRefusedException>(() => SendAsync(head, job));

        Assert.Equal(
            $"The webhook at 127.0.0.1 could not be told that the job has ended: found 127.0.0.1, a loopback address; allowed: public addresses, and those that the setting AllowedNetworks names",
            refused.Message);
        Assert.Empty(listener.Taken);
    }

    private Listener Listen()
    {
        var listener = new Listener(AzuriteFixture.FreePort());
        _listeners.Add(listener);
        return listener;
    }

    private async Task<PipelineHead> StartAsync(params Listener[] listeners) => await PipelineHead.StartAsync(
        await azurite.NewAccountAsync(), _folder.Path, SettingsOf(AllowedNetworks.Parse(["127.0.0.0/8"]), listeners));

    private static PipelineSettings SettingsOf(AllowedNetworks allowed, params Listener[] listeners) =>
        new() { AllowedNetworks = allowed, Webhooks = [.. listeners.Select(listener => new WebhookEndpoint(listener.Url, Key))] };

    /// <summary>A job that has ended without a workflow, so that only the test tells of it.</summary>
    private static async Task<JobId> CancelledAsync(PipelineHead head) =>
        (await head.JobCatalog.CreateAsync(await RecordAsync(head) with { Status = JobStatus.Cancelled }, default)).Id;

    private static async Task<JobRecord> RecordAsync(PipelineHead head) => new()
    {
        Id = JobId.New(TimeProvider.System),
        Model = PipelineHead.Tiny,
        BaseModel = PipelineHead.Tiny,
        TrainingFile = await head.UploadAsync(TinyModel.Dataset(10)),
        Seed = 1,
        Method = new JobMethod(),
        CreatedAt = DateTimeOffset.UtcNow,
    };

    private static Task<bool> SendAsync(PipelineHead head, JobId job, bool givesUp = false) =>
        head.Get<SendWebhooks>().RunAsync(new WebhookCall(job, givesUp), new ActivityScope(job.Value, DateTimeOffset.UtcNow.AddMinutes(1), default));

    /// <summary>A web server that answers with the statuses it was given, and then with 204.</summary>
    private sealed class Listener : IDisposable
    {
        private readonly HttpListener _listener = new();

        public Listener(int port)
        {
            Url = new Uri($"http://127.0.0.1:{port}/told");
            _listener.Prefixes.Add($"http://127.0.0.1:{port}/");
            _listener.Start();
            _ = AnswerAsync();
        }

        public Uri Url { get; }

        public ConcurrentQueue<int> Statuses { get; } = new();

        public List<(string Id, string Timestamp, string Signature, string Body)> Taken { get; } = [];

        public void Dispose() => _listener.Close();

        private async Task AnswerAsync()
        {
            while (_listener.IsListening)
            {
                HttpListenerContext context;
                try
                {
                    context = await _listener.GetContextAsync();
                }
                catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }
                var headers = context.Request.Headers;
                using var reader = new StreamReader(context.Request.InputStream);
                Taken.Add((headers["webhook-id"]!, headers["webhook-timestamp"]!, headers["webhook-signature"]!, await reader.ReadToEndAsync()));
                context.Response.StatusCode = Statuses.TryDequeue(out var status) ? status : 204;
                context.Response.Close();
            }
        }
    }
}
