using System.ClientModel;
using System.Net;
using System.Text;
using System.Text.Json;
using OpenAI.Chat;
using OpenAI.Files;
using OpenAI.FineTuning;
using Serverless.Learning.Native;
using Serverless.Service.Jobs;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests.Jobs;

public sealed class JobLifeTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(3);
    private readonly AzuriteFixture _azurite;

    public JobLifeTests(AzuriteFixture azurite)
    {
        _azurite = azurite;
        NativeRuntime.EnsureLoaded();
        NativeRuntime.SetThreads(1);
    }

    [Fact]
    public async Task The_official_client_uploads_starts_watches_and_chats()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        await server.RunWorkflowsAsync();
        var client = server.Client.GetFineTuningClient();
        var file = await UploadAsync(server);

        var job = await client.FineTuneAsync("tiny", file, waitUntilCompleted: false, new FineTuningOptions
        {
            Suffix = "teams", Seed = 7, TrainingMethod = FineTuningTrainingMethod.CreateSupervised(epochCount: 2, batchSize: 4),
        });
        Assert.Equal(FineTuningStatus.ValidatingFiles, job.Status);
        await WaitAsync(job, FineTuningStatus.Succeeded);
        var events = await ListAsync(job.GetEventsAsync(new GetEventsOptions()));
        var checkpoints = await ListAsync(job.GetCheckpointsAsync());
        ChatCompletion answer = await server.Client.GetChatClient(job.Value).CompleteChatAsync(
            [new UserChatMessage("my card was charged twice")], new ChatCompletionOptions { MaxOutputTokenCount = 4 });

        Assert.Matches("^ft:tiny:local:teams:[0-9a-z]{8}$", job.Value);
        Assert.Equal(7, job.Seed);
        Assert.Single(job.ResultFileIds);
        Assert.StartsWith($"Validating training file: {file}", events[^1].Message, StringComparison.Ordinal);
        Assert.Contains(events, one => one.Message.StartsWith("Step 1/", StringComparison.Ordinal));
        Assert.NotEmpty(checkpoints);
        Assert.Equal(job.JobId, checkpoints[0].JobId);
        Assert.Equal(job.Value, answer.Model);
    }

    [Fact]
    public async Task A_job_says_what_auto_became_and_its_results_can_be_downloaded()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        await server.RunWorkflowsAsync();
        var created = await PostAsync(server, $$"""{"model": "tiny", "training_file": "{{await UploadAsync(server)}}"}""");
        var begun = await created.JsonAsync();

        var done = await WaitAsync(server, begun.GetProperty("id").GetString()!, "succeeded");
        var results = await server.Http.GetStringAsync($"/v1/files/{done.GetProperty("result_files")[0].GetString()}/content");

        Assert.Equal(HttpStatusCode.OK, created.StatusCode);
        Assert.Equal("validating_files", begun.GetProperty("status").GetString());
        Assert.Equal("""{"n_epochs":"auto","batch_size":"auto","learning_rate_multiplier":"auto"}""", begun.GetProperty("hyperparameters").GetRawText());
        Assert.Equal(10, done.GetProperty("hyperparameters").GetProperty("n_epochs").GetInt32());
        Assert.Equal(4, done.GetProperty("method").GetProperty("supervised").GetProperty("hyperparameters").GetProperty("batch_size").GetInt32());
        Assert.InRange(done.GetProperty("trained_tokens").GetInt64(), 1, long.MaxValue);
        Assert.Equal("""{"type":"full"}""", done.GetProperty("method").GetProperty("adapter").GetRawText());
        Assert.StartsWith("step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n1,", results, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_metrics_event_carries_step_loss_accuracy_and_speed()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        await server.RunWorkflowsAsync();
        var id = await StartJobAsync(server, ", \"hyperparameters\": {\"n_epochs\": 1}");
        await WaitAsync(server, id, "succeeded");

        var all = await (await server.Http.GetAsync($"/v1/fine_tuning/jobs/{id}/events?limit=1000")).JsonAsync();
        var events = all.GetProperty("data").EnumerateArray().ToArray();
        var metrics = events.First(one => one.GetProperty("type").GetString() == "metrics");

        Assert.Equal(["object", "data", "has_more"], all.EnumerateObject().Select(field => field.Name));
        Assert.Equal(["object", "id", "created_at", "level", "message", "type", "data"], metrics.EnumerateObject().Select(field => field.Name));
        Assert.Equal("fine_tuning.job.event", metrics.GetProperty("object").GetString());
        foreach (var name in new[] { "step", "total_steps", "train_loss", "train_mean_token_accuracy", "tokens_per_second" })
            Assert.Equal(JsonValueKind.Number, metrics.GetProperty("data").GetProperty(name).ValueKind);
        Assert.Equal("{}", events[^1].GetProperty("data").GetRawText());
        Assert.Equal("info", events[^1].GetProperty("level").GetString());

        var page = await (await server.Http.GetAsync($"/v1/fine_tuning/jobs/{id}/events?limit=2&after={events[1].GetProperty("id").GetString()}")).JsonAsync();
        Assert.Equal(
            events[2..4].Select(one => one.GetProperty("id").GetString()),
            page.GetProperty("data").EnumerateArray().Select(one => one.GetProperty("id").GetString()));
    }

    [Fact]
    public async Task A_checkpoint_has_exactly_the_fields_that_OpenAI_writes()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        await server.RunWorkflowsAsync();
        var id = await StartJobAsync(server, ", \"suffix\": \"s\", \"hyperparameters\": {\"n_epochs\": 1}");
        await WaitAsync(server, id, "succeeded");

        var list = await (await server.Http.GetAsync($"/v1/fine_tuning/jobs/{id}/checkpoints")).JsonAsync();
        var newest = list.GetProperty("data")[0];
        var step = newest.GetProperty("step_number").GetInt32();

        Assert.Equal(["object", "data", "first_id", "last_id", "has_more"], list.EnumerateObject().Select(field => field.Name));
        Assert.Equal(list.GetProperty("first_id").GetString(), newest.GetProperty("id").GetString());
        Assert.StartsWith("ftckpt_", newest.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Equal("fine_tuning.job.checkpoint", newest.GetProperty("object").GetString());
        Assert.Equal(id, newest.GetProperty("fine_tuning_job_id").GetString());
        Assert.Equal($"ft:tiny:local:s:{id[^8..]}:ckpt-step-{step}", newest.GetProperty("fine_tuned_model_checkpoint").GetString());
        Assert.Equal(step, newest.GetProperty("metrics").GetProperty("step").GetInt32());
        Assert.Equal(JsonValueKind.Number, newest.GetProperty("metrics").GetProperty("train_loss").ValueKind);
        var rest = await (await server.Http.GetAsync($"/v1/fine_tuning/jobs/{id}/checkpoints?after={newest.GetProperty("id").GetString()}")).JsonAsync();
        Assert.Equal(
            list.GetProperty("data").EnumerateArray().Skip(1).Select(one => one.GetProperty("id").GetString()),
            rest.GetProperty("data").EnumerateArray().Select(one => one.GetProperty("id").GetString()));
    }

    [Fact]
    public async Task Cancel_pause_and_resume_answer_with_the_job()
    {
        // Nothing runs here: the journal only records, so each status is where the request left it.
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        var id = await StartJobAsync(server);
        await server.Get<JobCatalog>().UpdateAsync(new JobId(id), job => job with { Status = JobStatus.Queued }, default);

        Assert.Equal("paused", await StatusAfterAsync(server, id, "pause"));
        Assert.Equal("queued", await StatusAfterAsync(server, id, "resume"));
        Assert.Equal("cancelled", await StatusAfterAsync(server, id, "cancel"));
        var cancelled = await (await server.Http.GetAsync($"/v1/fine_tuning/jobs/{id}")).JsonAsync();
        var late = await server.Http.PostAsync($"/v1/fine_tuning/jobs/{id}/pause", null);

        Assert.Equal(JsonValueKind.Null, cancelled.GetProperty("finished_at").ValueKind);
        Assert.Equal(HttpStatusCode.BadRequest, late.StatusCode);
        Assert.Equal($"Job {id} has already been cancelled and cannot be paused", (await late.ErrorAsync()).GetProperty("message").GetString());
    }

    [Theory]
    [InlineData("""{"model": "tiny", "training_file": "file-none"}""", 400, "invalid training_file: file-none", "training_file", null)]
    [InlineData("""{"model": "gpt-9", "training_file": "$file"}""", 400,
        "The model 'gpt-9' does not exist or is not available for fine-tuning", "model", "model_not_available")]
    [InlineData("""{"model": "tiny", "training_file": "$file", "validation_file": "file-none"}""", 400, "invalid validation_file: file-none", "validation_file", null)]
    public async Task What_a_request_names_must_exist(string body, int status, string message, string parameter, string? code)
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);

        var answer = await PostAsync(server, body.Replace("$file", await UploadAsync(server), StringComparison.Ordinal));
        var error = await answer.ErrorAsync();

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(message, error.GetProperty("message").GetString());
        Assert.Equal(parameter, error.GetProperty("param").GetString());
        Assert.Equal(code, error.GetProperty("code").GetString());
    }

    private static async Task<string> UploadAsync(ApiServer server)
    {
        OpenAIFile file = await server.Client.GetOpenAIFileClient().UploadFileAsync(
            BinaryData.FromString(TinyModel.Dataset(12)), "train.jsonl", FileUploadPurpose.FineTune);
        return file.Id;
    }

    private static async Task<string> StartJobAsync(ApiServer server, string fields = "")
    {
        var answer = await PostAsync(server, $"{{\"model\": \"tiny\", \"training_file\": \"{await UploadAsync(server)}\"{fields}}}");
        return (await answer.JsonAsync()).GetProperty("id").GetString()!;
    }

    private static Task<HttpResponseMessage> PostAsync(ApiServer server, string body) =>
        server.Http.PostAsync("/v1/fine_tuning/jobs", new StringContent(body, Encoding.UTF8, "application/json"));

    private static async Task<string?> StatusAfterAsync(ApiServer server, string id, string verb)
    {
        var answer = await server.Http.PostAsync($"/v1/fine_tuning/jobs/{id}/{verb}", null);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.JsonAsync()).GetProperty("status").GetString();
    }

    private static async Task WaitAsync(FineTuningJob job, FineTuningStatus wanted)
    {
        using var limit = new CancellationTokenSource(Long);
        while (job.Status.InProgress)
        {
            await Task.Delay(200, limit.Token);
            await job.UpdateStatusAsync();
        }

        Assert.Equal(wanted, job.Status);
    }

    private static async Task<JsonElement> WaitAsync(ApiServer server, string id, string wanted)
    {
        using var limit = new CancellationTokenSource(Long);
        for (;;)
        {
            var job = await (await server.Http.GetAsync($"/v1/fine_tuning/jobs/{id}", limit.Token)).JsonAsync();
            var status = job.GetProperty("status").GetString();
            if (status is not ("validating_files" or "queued" or "running"))
            {
                Assert.True(status == wanted, job.GetRawText());
                return job;
            }

            await Task.Delay(200, limit.Token);
        }
    }

    private static async Task<List<T>> ListAsync<T>(AsyncCollectionResult<T> pages)
    {
        var all = new List<T>();
        await foreach (var item in pages)
            all.Add(item);
        return all;
    }
}
