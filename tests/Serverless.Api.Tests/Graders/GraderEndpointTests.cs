using System.Net;
using System.Text;
using System.Text.Json;
using Serverless.Learning.Native;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests.Graders;

public sealed class GraderEndpointTests
{
    private readonly AzuriteFixture _azurite;

    public GraderEndpointTests(AzuriteFixture azurite)
    {
        _azurite = azurite;
        NativeRuntime.EnsureLoaded();
        NativeRuntime.SetThreads(1);
    }

    [Fact]
    public async Task A_grader_runs_on_an_answer_and_shows_its_parts()
    {
        await using var server = await ApiServer.StartAsync(_azurite);
        var answer = await PostAsync(server, "run", """
            {"grader": {"type": "multi", "name": "both", "calculate_output": "0.5 * a + b", "graders": {
               "a": {"type": "string_check", "name": "a", "operation": "ilike", "input": "{{sample.output_text}}", "reference": "{{item.city}}"},
               "b": {"type": "number_match", "name": "b", "reference": "{{item.n}}"}}},
             "item": {"city": "paris", "n": 3}, "model_sample": "Paris has 4."}
            """);
        var json = await answer.JsonAsync();
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(0.5, json.GetProperty("reward").GetDouble());
        Assert.Equal("""{"a":1,"b":0}""", json.GetProperty("sub_rewards").GetRawText());
        Assert.Equal("{}", json.GetProperty("model_grader_token_usage_per_model").GetRawText());
        var metadata = json.GetProperty("metadata");
        Assert.Equal(("both", "multi"), (metadata.GetProperty("name").GetString(), metadata.GetProperty("type").GetString()));
        Assert.InRange(metadata.GetProperty("execution_time").GetDouble(), 0, 60);
        Assert.Equal("""{"a":1,"b":0}""", metadata.GetProperty("scores").GetRawText());
        Assert.Equal(JsonValueKind.Null, metadata.GetProperty("token_usage").ValueKind);
        Assert.DoesNotContain(metadata.GetProperty("errors").EnumerateObject(), flag => flag.Value.ValueKind == JsonValueKind.True);
    }

    [Theory]
    [InlineData("{{item.none}}", "x", "invalid_variable_error", "n.input: {{item.none}}: the item has no \"none\"")]
    [InlineData("{{sample.output_json.a}}", "x", "sample_parse_error", "n.input: {{sample.output_json.a}}: the answer is not JSON (line 1, byte 1)")]
    public async Task A_grade_that_could_not_be_given_is_a_flag_with_its_reason(string input, string sample, string flag, string reason)
    {
        await using var server = await ApiServer.StartAsync(_azurite);
        var grader = new { type = "string_check", name = "n", operation = "eq", input, reference = "x" };
        var json = await (await PostAsync(server, "run", JsonSerializer.Serialize(new { grader, model_sample = sample }))).JsonAsync();
        var errors = json.GetProperty("metadata").GetProperty("errors");
        Assert.Equal(0, json.GetProperty("reward").GetDouble());
        Assert.Equal([flag], errors.EnumerateObject().Where(one => one.Value.ValueKind == JsonValueKind.True).Select(one => one.Name));
        Assert.Equal(reason, errors.GetProperty("details")[0].GetString());
    }

    [Fact]
    public async Task A_grader_that_never_ends_is_stopped()
    {
        await using var server = await ApiServer.StartAsync(_azurite);
        var grader = new { type = "format", name = "slow", pattern = @"^(a+)+\1b$", time_limit_seconds = 0.05 };
        var json = await (await PostAsync(server, "run", JsonSerializer.Serialize(new { grader, model_sample = new string('a', 64) }))).JsonAsync();
        Assert.True(json.GetProperty("metadata").GetProperty("errors").GetProperty("unresponsive_reward_error").GetBoolean());
    }

    [Fact]
    public async Task A_model_of_the_service_grades_and_its_tokens_are_counted()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        const string grader = """{"type": "score_model", "name": "judge", "model": "MODEL", "input": [{"role": "user", "content": "{{sample.output_text}}"}], "sampling_params": {"max_completions_tokens": 4}}""";
        var body = $$"""{"grader": {{grader.Replace("MODEL", "tiny", StringComparison.Ordinal)}}, "model_sample": "Hello"}""";
        var json = await (await PostAsync(server, "run", body)).JsonAsync();
        var metadata = json.GetProperty("metadata");
        Assert.Equal("tiny", metadata.GetProperty("sampled_model_name").GetString());
        var usage = json.GetProperty("model_grader_token_usage_per_model").GetProperty("tiny");
        Assert.InRange(usage.GetProperty("prompt_tokens").GetInt32(), 1, 128);
        Assert.Equal(usage.GetProperty("total_tokens").GetInt32(), metadata.GetProperty("token_usage").GetInt32());
        // Random weights do not answer with a number.
        Assert.True(metadata.GetProperty("errors").GetProperty("model_grader_parse_error").GetBoolean());

        body = $$"""{"grader": {{grader.Replace("MODEL", "absent", StringComparison.Ordinal)}}, "model_sample": "Hello"}""";
        var errors = (await (await PostAsync(server, "run", body)).JsonAsync()).GetProperty("metadata").GetProperty("errors");
        Assert.True(errors.GetProperty("model_grader_server_error").GetBoolean());
        Assert.Equal("judge.model: 'absent' did not answer: it does not exist", errors.GetProperty("model_grader_server_error_details").GetString());
    }

    [Fact]
    public async Task A_valid_grader_comes_back_and_a_bad_one_is_refused_by_field()
    {
        await using var server = await ApiServer.StartAsync(_azurite);
        const string grader = """{"type":"string_check","name":"n","operation":"eq","input":"{{sample.output_text}}","reference":"x"}""";
        var good = await PostAsync(server, "validate", $$"""{"grader": {{grader}}}""");
        Assert.Equal($$"""{"grader":{{grader}}}""", await good.Content.ReadAsStringAsync());

        var bad = await PostAsync(server, "validate", """{"grader": {"type": "python", "name": "p", "source": "x"}}""");
        var error = await bad.ErrorAsync();
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
        Assert.Equal(("invalid_request_error", "grader", "invalid_grader"), (error.GetProperty("type").GetString(), error.GetProperty("param").GetString(), error.GetProperty("code").GetString()));
        Assert.StartsWith("grader.type: found \"python\", code that this service would have to run and does not; use string_check", error.GetProperty("message").GetString(), StringComparison.Ordinal);

        var stranger = await (await PostAsync(server, "validate", """{"grader": {"type": "score_model", "name": "j", "model": "absent", "input": [{"role": "user", "content": "x"}]}}""")).ErrorAsync();
        Assert.Equal("grader.model: found the model 'absent', which does not exist; allowed: a model of this service, or a teacher of the configuration (none are)", stranger.GetProperty("message").GetString());
    }

    [Theory]
    [InlineData("run", """{"model_sample": "x"}""", "Missing required parameter: 'grader'.")]
    [InlineData("run", """{"grader": {"type": "format", "name": "f", "builtin": "think"}}""", "Missing required parameter: 'model_sample'.")]
    [InlineData("run", """{"grader": {"type": "format", "name": "f", "builtin": "think"}, "model_sample": "x", "item": []}""", "Invalid type for 'item': expected an object, but got an array instead.")]
    [InlineData("validate", """{"grader": "x"}""", "grader: found \"x\"; allowed: a grader, an object with a type")]
    public async Task A_request_without_what_it_needs_is_refused(string endpoint, string body, string message)
    {
        await using var server = await ApiServer.StartAsync(_azurite);
        Assert.Equal(message, (await (await PostAsync(server, endpoint, body)).ErrorAsync()).GetProperty("message").GetString());
    }

    private static Task<HttpResponseMessage> PostAsync(ApiServer server, string endpoint, string body) =>
        server.Http.PostAsync($"/v1/fine_tuning/alpha/graders/{endpoint}", new StringContent(body, Encoding.UTF8, "application/json"));
}
