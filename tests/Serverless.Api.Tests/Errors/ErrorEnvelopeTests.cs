using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Serverless.Learning;

namespace Serverless.Api.Tests.Errors;

public sealed class ErrorEnvelopeTests
{
    [Fact]
    public async Task A_callers_fault_is_a_400_in_OpenAIs_envelope()
    {
        await using var api = await ThrowingAsync(new InputError("invalid training_file: X", "training_file"));

        var answer = await api.Http.GetAsync("/throw");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal(
            """{"error":{"message":"invalid training_file: X","type":"invalid_request_error","param":"training_file","code":null}}""",
            await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("model_not_found", 404, "invalid_request_error", "\"model_not_found\"")]
    [InlineData("fine_tune_not_found", 404, "invalid_request_error", "\"fine_tune_not_found\"")]
    [InlineData("not_found", 404, "invalid_request_error", "null")]
    [InlineData("model_not_available", 400, "invalid_request_error", "\"model_not_available\"")]
    [InlineData("file_too_large", 413, "invalid_request_error", "\"file_too_large\"")]
    [InlineData("rate_limit_exceeded", 429, "requests", "\"rate_limit_exceeded\"")]
    [InlineData("insufficient_permissions", 403, "invalid_request_error", "\"insufficient_permissions\"")]
    public async Task A_code_decides_the_status(string code, int status, string type, string written)
    {
        await using var api = await ThrowingAsync(new InputError("M", "p", code));

        var answer = await api.Http.GetAsync("/throw");

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal($$$"""{"error":{"message":"M","type":"{{{type}}}","param":"p","code":{{{written}}}}}""", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_fault_of_ours_is_a_500_that_names_the_request_and_nothing_of_the_inside()
    {
        await using var api = await ThrowingAsync(new InvalidOperationException("secret inner state"));

        var answer = await api.Http.GetAsync("/throw");
        var body = await answer.Content.ReadAsStringAsync();
        var id = answer.Headers.GetValues("x-request-id").Single();

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal(
            $$$"""{"error":{"message":"The server had an error while processing your request. The server's log has the details under the request id {{{id}}}.","type":"server_error","param":null,"code":null}}""",
            body);
        Assert.Contains(api.Log.Lines, line => line.StartsWith("Error: ", StringComparison.Ordinal) && line.Contains(id) && line.Contains("secret inner state"));
    }

    [Fact]
    public async Task Every_answer_has_OpenAIs_headers()
    {
        await using var api = await BareApi.StartAsync(map: app => app.MapGet("/fine", () => "fine"));

        foreach (var path in new[] { "/fine", "/v1/nothing" })
        {
            var answer = await api.Http.GetAsync(path);

            Assert.Matches("^req_[0-9a-f]{32}$", answer.Headers.GetValues("x-request-id").Single());
            Assert.Equal("2020-10-01", answer.Headers.GetValues("openai-version").Single());
            Assert.Matches("^[0-9]+$", answer.Headers.GetValues("openai-processing-ms").Single());
        }
    }

    [Fact]
    public async Task An_answer_that_had_begun_is_broken_off_rather_than_ended_as_if_whole()
    {
        await using var api = await BareApi.StartAsync(map: app => app.MapGet("/half", async context =>
        {
            await context.Response.WriteAsync("half");
            await context.Response.Body.FlushAsync();
            throw new InvalidOperationException("broken");
        }));

        await Assert.ThrowsAsync<HttpRequestException>(() => api.Http.GetStringAsync("/half"));
    }

    [Theory]
    [InlineData("GET", "/v1/nothing", 404, "unknown_url", "Invalid URL (GET /v1/nothing).")]
    [InlineData("GET", "/v1/evals/eval_1/nothing", 404, "unknown_url", "Invalid URL (GET /v1/evals/eval_1/nothing).")]
    [InlineData("GET", "/v1/completions/cmpl_1", 404, "unknown_url", "Invalid URL (GET /v1/completions/cmpl_1).")]
    [InlineData("POST", "/v1/embeddings", 404, "not_offered", "POST /v1/embeddings is part of OpenAI's API that this service does not offer yet.")]
    [InlineData("GET", "/v1/batches/batch_1", 404, "not_offered", "GET /v1/batches/batch_1 is part of OpenAI's API that this service does not offer yet.")]
    [InlineData("GET", "/v1/chat/completions", 404, "not_offered", "GET /v1/chat/completions is part of OpenAI's API that this service does not offer yet.")]
    public async Task An_endpoint_that_does_not_exist_says_so(string method, string path, int status, string code, string message)
    {
        await using var api = await BareApi.StartAsync();

        var answer = await api.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(
            $$$"""{"error":{"message":"{{{message}}}","type":"invalid_request_error","param":null,"code":"{{{code}}}"}}""",
            await answer.Content.ReadAsStringAsync());
    }

    private static Task<BareApi> ThrowingAsync(Exception error) =>
        BareApi.StartAsync(map: app => app.MapGet("/throw", Task (HttpContext _) => throw error));
}
