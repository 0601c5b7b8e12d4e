using System.Collections.Immutable;
using System.Net;
using Serverless.Learning.Adapters;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests.Jobs;

public sealed class JobListTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task A_new_job_has_exactly_the_fields_that_OpenAI_writes()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var job = await server.Get<JobCatalog>().CreateAsync(NewJob(), default);

        Assert.Equal(
            $$$$"""
            {"object":"fine_tuning.job","id":"{{{{job.Id}}}}","created_at":1700000000,"finished_at":null,"estimated_finish":null,"model":"base","fine_tuned_model":null,
            "organization_id":"org-local","result_files":[],"status":"validating_files","training_file":"{{{{job.TrainingFile}}}}","validation_file":null,
            "hyperparameters":{"n_epochs":"auto","batch_size":"auto","learning_rate_multiplier":"auto"},
            "method":{"type":"supervised","supervised":{"hyperparameters":{"n_epochs":"auto","batch_size":"auto","learning_rate_multiplier":"auto"}}},
            "trained_tokens":null,"error":{},"seed":42,"integrations":[],"metadata":{},"user_provided_suffix":null}
            """.ReplaceLineEndings(""),
            await server.Http.GetStringAsync($"/v1/fine_tuning/jobs/{job.Id}"));
    }

    [Fact]
    public async Task A_finished_job_shows_what_it_was_asked_and_what_came_out()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var result = FileId.New(TimeProvider.System);
        var job = await server.Get<JobCatalog>().CreateAsync(NewJob() with
        {
            ValidationFile = FileId.New(TimeProvider.System),
            Suffix = "tickets",
            Method = new JobMethod { Hyperparameters = new Hyperparameters { Epochs = 3, BatchSize = 8, LearningRate = 0.001, MaxSequenceLength = 256 } },
            Adapter = new AdapterRequest { Type = AdapterKind.Lora, Rank = 8, TargetModules = [AdapterOptions.AllLinear] },
            Status = JobStatus.Failed,
            FinishedAt = DateTimeOffset.FromUnixTimeSeconds(1700000500),
            EstimatedFinish = DateTimeOffset.FromUnixTimeSeconds(1700000400),
            FineTunedModel = new ModelId("ft:base:org-local:tickets:12345678"),
            Error = new JobError("invalid_training_file", "train.jsonl line 1", "training_file"),
            TrainedTokens = 1234,
            ResultFiles = [result],
            Metadata = ImmutableDictionary<string, string>.Empty.Add("teamName", "red"),
        }, default);

        var json = await (await server.Http.GetAsync($"/v1/fine_tuning/jobs/{job.Id}")).JsonAsync();

        Assert.Equal("failed", json.GetProperty("status").GetString());
        Assert.Equal(1700000500, json.GetProperty("finished_at").GetInt64());
        Assert.Equal(1700000400, json.GetProperty("estimated_finish").GetInt64());
        Assert.Equal("ft:base:org-local:tickets:12345678", json.GetProperty("fine_tuned_model").GetString());
        Assert.Equal(job.ValidationFile!.Value.Value, json.GetProperty("validation_file").GetString());
        Assert.Equal("tickets", json.GetProperty("user_provided_suffix").GetString());
        Assert.Equal(1234, json.GetProperty("trained_tokens").GetInt64());
        Assert.Equal($"[\"{result}\"]", json.GetProperty("result_files").GetRawText());
        Assert.Equal("""{"code":"invalid_training_file","message":"train.jsonl line 1","param":"training_file"}""", json.GetProperty("error").GetRawText());
        Assert.Equal("""{"teamName":"red"}""", json.GetProperty("metadata").GetRawText());
        Assert.Equal(
            """{"type":"supervised","supervised":{"hyperparameters":{"n_epochs":3,"batch_size":8,"learning_rate_multiplier":"auto","learning_rate":0.001,"max_sequence_length":256}},"adapter":{"type":"lora","rank":8,"target_modules":"all-linear"}}""",
            json.GetProperty("method").GetRawText());
    }

    [Fact]
    public async Task The_official_client_reads_and_lists_jobs_page_by_page()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var made = new List<string>();
        for (var index = 0; index < 5; index++)
        {
            made.Insert(0, (await server.Get<JobCatalog>().CreateAsync(NewJob(), default)).Id.Value);
            await Task.Delay(2); // ids order by milliseconds
        }

        var client = server.Client.GetFineTuningClient();
        var one = await client.GetJobAsync(made[2]);
        var listed = new List<string>();
        await foreach (var job in client.GetJobsAsync(new OpenAI.FineTuning.FineTuningJobCollectionOptions { PageSize = 2 }))
            listed.Add(job.JobId);

        Assert.Equal(made[2], one.JobId);
        Assert.Equal("base", one.BaseModel);
        Assert.Equal(OpenAI.FineTuning.FineTuningStatus.ValidatingFiles, one.Status);
        Assert.Equal(made, listed);
    }

    [Fact]
    public async Task Metadata_narrows_the_list()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var catalog = server.Get<JobCatalog>();
        async Task<string> MakeAsync(params (string Key, string Value)[] pairs) =>
            (await catalog.CreateAsync(NewJob() with { Metadata = pairs.ToImmutableDictionary(pair => pair.Key, pair => pair.Value) }, default)).Id.Value;
        var red = await MakeAsync(("team", "red"), ("stage", "2"));
        var blue = await MakeAsync(("team", "blue"), ("stage", "2"));
        var plain = await MakeAsync();

        async Task<string?[]> ListAsync(string query) =>
            [.. (await (await server.Http.GetAsync($"/v1/fine_tuning/jobs?{query}")).JsonAsync()).GetProperty("data").EnumerateArray().Select(job => job.GetProperty("id").GetString()).Order()];

        Assert.Equal([red], await ListAsync("metadata[team]=red&metadata[stage]=2"));
        Assert.Equal([blue], await ListAsync("metadata%5Bteam%5D=blue"));
        Assert.Equal(new[] { red, blue }.Order(), await ListAsync("metadata[stage]=2"));
        Assert.Empty(await ListAsync("metadata[team]=green"));
        Assert.Equal([plain], await ListAsync("metadata=null"));
    }

    [Fact]
    public async Task A_page_of_jobs_holds_20_when_the_request_does_not_say()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        await Task.WhenAll(Enumerable.Range(0, 21).Select(_ => server.Get<JobCatalog>().CreateAsync(NewJob(), default)));

        var page = await (await server.Http.GetAsync("/v1/fine_tuning/jobs")).JsonAsync();

        Assert.Equal(20, page.GetProperty("data").GetArrayLength());
        Assert.Equal(["object", "data", "has_more"], page.EnumerateObject().Select(field => field.Name));
        Assert.True(page.GetProperty("has_more").GetBoolean());
    }

    [Theory]
    [InlineData("GET", "ftjob-abc")]
    [InlineData("GET", "ftjob-abc/events")]
    [InlineData("GET", "ftjob-abc/checkpoints")]
    public async Task A_job_that_does_not_exist_is_a_404_in_OpenAIs_words(string method, string path)
    {
        await using var server = await ApiServer.StartAsync(azurite);

        var answer = await server.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), $"/v1/fine_tuning/jobs/{path}"));

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal(
            """{"error":{"message":"Could not find fine tune: ftjob-abc","type":"invalid_request_error","param":"fine_tuning_job_id","code":"fine_tune_not_found"}}""",
            await answer.Content.ReadAsStringAsync());
    }

    private static JobRecord NewJob() => new()
    {
        Id = JobId.New(TimeProvider.System),
        Model = new ModelId("base"),
        BaseModel = new ModelId("base"),
        TrainingFile = FileId.New(TimeProvider.System),
        Seed = 42,
        Method = new JobMethod(),
        CreatedAt = DateTimeOffset.FromUnixTimeSeconds(1700000000),
    };
}
