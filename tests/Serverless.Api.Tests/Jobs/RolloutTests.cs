using System.Net;
using System.Text.Json;
using Serverless.Learning.Reinforcement;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests.Jobs;

/// <summary>What policies answered, to be downloaded.</summary>
public sealed class RolloutTests(AzuriteFixture azurite)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_policy_answered_so_far_is_there_while_it_trains_and_after_it_failed()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var job = await JobAsync(server, new JobMethod { Type = MethodType.Reinforcement });
        Assert.Equal("", await server.Http.GetStringAsync($"/v1/fine_tuning/jobs/{job.Id}/rollouts", Ct));
        foreach (var number in (int[])[0, 1])
            await server.Get<RolloutStore>().WriteAsync(job.StageId(), Batch(number), Ct);
        await server.Get<RolloutStore>().WriteAsync(job.StageId(), Batch(1) with { Evaluates = true }, Ct);
        await server.Get<JobCatalog>().UpdateAsync(job.Id, now => now with { Status = JobStatus.Failed }, Ct);

        using var answer = await server.Http.GetAsync($"/v1/fine_tuning/jobs/{job.Id}/rollouts", Ct);
        Assert.Equal(("application/jsonl", "rollouts.jsonl"), (answer.Content.Headers.ContentType!.MediaType, answer.Content.Headers.ContentDisposition!.FileName));
        var lines = (await answer.Content.ReadAsStringAsync(Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal([(0, "timed out"), (0, null), (1, "timed out"), (1, null)], lines.Select(line => (line.GetProperty("number").GetInt32(), line.GetProperty("fault").GetString())));
    }

    [Fact]
    public async Task Of_a_recipe_they_are_those_of_the_last_stage_with_a_policy_that_was_reached_or_of_the_one_asked_for()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var job = await JobAsync(server, new JobMethod { Type = MethodType.Recipe }, MethodType.Supervised, MethodType.Reinforcement, MethodType.Supervised, MethodType.Reinforcement);
        await server.Get<JobCatalog>().UpdateAsync(job.Id, now => now with { Stage = 2 }, Ct);
        foreach (var (stage, number) in ((int, int)[])[(1, 5), (3, 7)])
            await server.Get<RolloutStore>().WriteAsync(new StageId(job.Id, stage), Batch(number), Ct);

        Assert.Equal(("stage-2-rollouts.jsonl", 5), await FirstAsync(""));
        Assert.Equal(("stage-2-rollouts.jsonl", 5), await FirstAsync("?stage=2"));
        Assert.Equal(("stage-4-rollouts.jsonl", 7), await FirstAsync("?stage=4"));
        await AssertRefusedAsync($"{job.Id}/rollouts?stage=1", HttpStatusCode.BadRequest, "Invalid value: '1'. Supported values are: '2' and '4'.");
        await AssertRefusedAsync("ftjob-none/rollouts", HttpStatusCode.NotFound, "Could not find fine tune: ftjob-none");
        var other = await JobAsync(server, new JobMethod());
        await AssertRefusedAsync($"{other.Id}/rollouts", HttpStatusCode.NotFound, $"The job {other.Id} has no rollouts, because it does not train by reinforcement");

        async Task<(string?, int)> FirstAsync(string query)
        {
            using var answer = await server.Http.GetAsync($"/v1/fine_tuning/jobs/{job.Id}/rollouts{query}", Ct);
            var first = (await answer.Content.ReadAsStringAsync(Ct)).Split('\n')[0];
            return (answer.Content.Headers.ContentDisposition!.FileName, JsonDocument.Parse(first).RootElement.GetProperty("number").GetInt32());
        }

        async Task AssertRefusedAsync(string path, HttpStatusCode status, string message)
        {
            using var answer = await server.Http.GetAsync($"/v1/fine_tuning/jobs/{path}", Ct);
            Assert.Equal((status, message), (answer.StatusCode, (await answer.JsonAsync()).GetProperty("error").GetProperty("message").GetString()));
        }
    }

    private static Task<JobRecord> JobAsync(ApiServer server, JobMethod method, params MethodType[] stages) => server.Get<JobCatalog>().CreateAsync(
        new JobRecord
        {
            Id = JobId.New(TimeProvider.System), Model = new ModelId("tiny"), BaseModel = new ModelId("tiny"), TrainingFile = FileId.New(TimeProvider.System), Seed = 1, Method = method,
            Stages = [.. stages.Select(stage => new RecipeStage { Method = new JobMethod { Type = stage }, TrainingFile = FileId.New(TimeProvider.System) })],
            CreatedAt = DateTimeOffset.UtcNow,
        },
        Ct);

    private static RolloutBatch Batch(int number) => new(number, 0, 0, [Answer(number, "timed out"), Answer(number, null)]);

    private static Rollout Answer(int number, string? fault) => new()
    {
        Number = number, Prompt = 0, Line = 1, Choice = 0, Text = "a", Ids = [1], CutOff = false, Reward = 0, Rewards = new Dictionary<string, double>(), SampledLogProbabilities = [-1], Fault = fault,
    };
}
