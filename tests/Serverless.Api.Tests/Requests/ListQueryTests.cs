using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Serverless.Service.Evals;
using Serverless.Service.Jobs;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests.Requests;

/// <summary>What the query of a list may say. From an id that it does not know a client would page in circles.</summary>
public sealed class ListQueryTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task An_after_that_is_no_id_of_the_list_is_refused()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var job = $"/v1/fine_tuning/jobs/{await JobAsync(server)}";
        var eval = $"/v1/evals/{await EvalAsync(server)}";

        foreach (var list in new[] { "/v1/files", "/v1/fine_tuning/jobs", $"{job}/events", $"{job}/checkpoints", "/v1/evals", $"{eval}/runs" })
        {
            foreach (var after in new[] { "x", "file-", "ftevent-00000000000000000000000000", "ftckpt_00000001" })
            {
                var answer = await server.Http.GetAsync($"{list}?after={after}");

                Assert.Equal((list, HttpStatusCode.BadRequest), (list, answer.StatusCode));
                Assert.Equal(
                    $$$"""{"error":{"message":"Invalid value for 'after': expected the id of the last item of the page before, but got '{{{after}}}' instead.","type":"invalid_request_error","param":"after","code":"invalid_value"}}""",
                    await answer.Content.ReadAsStringAsync());
            }
        }
    }

    [Fact]
    public async Task The_page_after_an_item_that_is_gone_goes_on_where_it_was()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var (older, gone) = (await JobAsync(server, seconds: 1), await JobAsync(server, seconds: 2));
        await server.Get<JobCatalog>().DeleteAsync(new JobId(gone), default);

        var page = await (await server.Http.GetAsync($"/v1/fine_tuning/jobs?after={gone}")).JsonAsync();

        Assert.Equal(older, page.GetProperty("data").EnumerateArray().Single().GetProperty("id").GetString());
    }

    [Fact]
    public async Task Without_a_limit_a_page_has_20_jobs_20_events_and_10_checkpoints()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var jobs = await Task.WhenAll(Enumerable.Range(1, 21).Select(at => JobAsync(server, at)));
        await using (var lease = await AcquireAsync(server, new JobId(jobs[0])))
        {
            var next = lease.Head with { Checkpoints = [.. Enumerable.Range(1, 11).Select(step => new CommittedCheckpoint(step, "manifest", DateTimeOffset.UnixEpoch))] };
            JobEvent[] events = [.. Enumerable.Range(1, 21).Select(at => new JobEvent { CreatedAt = DateTimeOffset.UnixEpoch, Message = $"{at}" })];
            await lease.CommitAsync(await server.Get<JobLog>().WriteSegmentsAsync(lease, next, events, [], default), default);
        }

        foreach (var (list, length) in new[] { ("", 20), ($"/{jobs[0]}/events", 20), ($"/{jobs[0]}/checkpoints", 10) })
        {
            var page = await (await server.Http.GetAsync($"/v1/fine_tuning/jobs{list}")).JsonAsync();

            Assert.Equal((list, length, true), (list, page.GetProperty("data").GetArrayLength(), page.GetProperty("has_more").GetBoolean()));
        }
    }

    [Theory]
    [InlineData("/v1/evals?order_by=name", "Invalid value: 'name'. Supported values are: 'created_at' and 'updated_at'.", "order_by")]
    [InlineData("/v1/evals?order=newest", "Invalid value: 'newest'. Supported values are: 'asc' and 'desc'.", "order")]
    [InlineData("/v1/evals/EVAL/runs?status=done", "Invalid value: 'done'. Supported values are: 'queued', 'in_progress', 'completed', 'failed', and 'canceled'.", "status")]
    [InlineData("/v1/evals/EVAL/runs/evalrun_x/output_items?status=error", "Invalid value: 'error'. Supported values are: 'pass' and 'fail'.", "status")]
    [InlineData("/v1/evals?limit=101", "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 instead.", "limit")]
    [InlineData("/v1/files?limit=10001", "Invalid 'limit': integer above maximum value. Expected a value <= 10000, but got 10001 instead.", "limit")]
    [InlineData("/v1/fine_tuning/jobs?limit=0", "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0 instead.", "limit")]
    [InlineData("/v1/fine_tuning/jobs?limit=ten", "Invalid type for 'limit': expected an integer, but got a string instead.", "limit")]
    public async Task A_wrong_value_is_refused_in_OpenAIs_words(string path, string message, string parameter)
    {
        await using var server = await ApiServer.StartAsync(azurite);

        var answer = await server.Http.GetAsync(path.Replace("EVAL", await EvalAsync(server), StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var error = await answer.ErrorAsync();
        Assert.Equal((message, parameter), (error.GetProperty("message").GetString(), error.GetProperty("param").GetString()));
    }

    private static async Task<string> JobAsync(ApiServer server, int seconds = 0)
    {
        var made = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000 + seconds);
        var job = await server.Get<JobCatalog>().CreateAsync(
            new JobRecord
            {
                Id = new JobId(JobId.Prefix + Service.Catalog.NewestFirstId.Random(made)), Model = new("base"), BaseModel = new("base"), TrainingFile = new("file-x"),
                Seed = 1, Method = new JobMethod(), CreatedAt = made,
            }, default);
        return job.Id.Value;
    }

    private static async Task<TrainerLease> AcquireAsync(ApiServer server, JobId id) =>
        await TrainerLease.TryAcquireAsync(server.Account, id, TimeProvider.System, NullLogger.Instance, default) ?? throw new InvalidOperationException("the lease is taken");

    private static async Task<string> EvalAsync(ApiServer server)
    {
        var empty = System.Text.Json.JsonSerializer.SerializeToElement(new { });
        return (await server.Get<EvalService>().CreateAsync(null, empty, false, [], System.Collections.Immutable.ImmutableDictionary<string, string>.Empty, default)).Id.Value;
    }
}
