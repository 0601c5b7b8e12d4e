using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Serverless.Api.Access;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests.Access;

public sealed class LimitTests(AzuriteFixture azurite)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("second")]
    [InlineData("first")]
    public async Task A_caller_that_asks_too_often_is_told_when_to_try_again_and_others_are_not_held_up_be_it_under_the_same_name(string other)
    {
        var settings = new ApiSettings { RequestsPerMinute = 2, Keys = [ApiKey.FromSecret("first", "sk-1"), ApiKey.FromSecret(other, "sk-2")] };
        await using var api = await BareApi.StartAsync(settings, app => app.MapGet("/v1/fine", () => "fine"));

        HttpResponseMessage[] first = [await AskAsync(api, "sk-1"), await AskAsync(api, "sk-1"), await AskAsync(api, "sk-1")];

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests], first.Select(answer => answer.StatusCode));
        var wait = int.Parse(first[2].Headers.GetValues("Retry-After").Single(), CultureInfo.InvariantCulture);
        Assert.InRange(wait, 1, 30);
        Assert.Equal(
            $$$"""{"error":{"message":"Rate limit reached: a caller may send 2 requests per minute. Please try again in {{{wait}}}s.","type":"requests","param":null,"code":"rate_limit_exceeded"}}""",
            await first[2].Content.ReadAsStringAsync(Ct));
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(api, "sk-2")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await api.Http.GetAsync("/", Ct)).StatusCode);
    }

    [Fact]
    public void A_bucket_fills_with_as_many_requests_a_minute_as_the_settings_say_and_not_with_whole_ones_a_second()
    {
        foreach (var perMinute in Enumerable.Range(1, 7000).Append(1_000_000))
        {
            var bucket = RequestRate.Bucket(perMinute);
            Assert.Equal(perMinute, bucket.TokensPerPeriod * (TimeSpan.FromMinutes(1) / bucket.ReplenishmentPeriod), perMinute * 1e-4);
            Assert.Equal(perMinute, bucket.TokenLimit);
        }
    }

    [Fact]
    public async Task A_download_takes_a_stream_while_it_lasts()
    {
        await using var server = await ApiServer.StartAsync(azurite, new ApiSettings { StreamsPerCaller = 1 });
        using var form = new MultipartFormDataContent { { new StringContent("user_data"), "purpose" }, { new ByteArrayContent(new byte[16_000_000]), "file", "large.bin" } };
        var created = await (await server.Http.PostAsync("/v1/files", form, Ct)).Content.ReadAsStringAsync(Ct);
        var id = System.Text.Json.JsonDocument.Parse(created).RootElement.GetProperty("id").GetString();
        using var first = await server.Http.GetAsync($"/v1/files/{id}/content", HttpCompletionOption.ResponseHeadersRead, Ct);

        using var second = await server.Http.GetAsync($"/v1/files/{id}/content", HttpCompletionOption.ResponseHeadersRead, Ct);

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.TooManyRequests], new[] { first, second }.Select(answer => answer.StatusCode));
    }

    [Fact]
    public async Task Guessing_keys_at_the_dashboards_door_is_limited_too()
    {
        await using var server = await ApiServer.StartAsync(azurite, new ApiSettings { RequestsPerMinute = 1, Keys = [ApiKey.FromSecret("first", "sk-1")] });

        Assert.Equal(HttpStatusCode.Unauthorized, (await GuessAsync(server)).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await GuessAsync(server)).StatusCode);
    }

    [Fact]
    public async Task A_caller_has_only_so_many_streams_open_at_a_time()
    {
        await using var server = await ApiServer.StartAsync(azurite, new ApiSettings { StreamsPerCaller = 1 });
        var first = await server.Http.GetAsync("/v1/fine_tuning/updates", HttpCompletionOption.ResponseHeadersRead, Ct);

        var second = await server.Http.GetAsync("/v1/fine_tuning/updates", HttpCompletionOption.ResponseHeadersRead, Ct);

        Assert.Equal(HttpStatusCode.TooManyRequests, second.StatusCode);
        Assert.Equal("5", second.Headers.GetValues("Retry-After").Single());
        Assert.Equal(
            """{"error":{"message":"Too many open streams: a caller may have 1 at a time. Please end one, or try again in 5s.","type":"requests","param":null,"code":"too_many_streams"}}""",
            await second.Content.ReadAsStringAsync(Ct));

        first.Dispose();
        while ((await server.Http.GetAsync("/v1/fine_tuning/updates", HttpCompletionOption.ResponseHeadersRead, Ct)).StatusCode != HttpStatusCode.OK)
            await Task.Delay(100, Ct);
    }

    [Fact]
    public async Task Keys_of_one_name_have_streams_of_their_own()
    {
        var settings = new ApiSettings { StreamsPerCaller = 1, Keys = [ApiKey.FromSecret("team", "sk-1"), ApiKey.FromSecret("team", "sk-2")] };
        await using var server = await ApiServer.StartAsync(azurite, settings);
        using var first = await WatchAsync(server, "sk-1");
        using var second = await WatchAsync(server, "sk-2");
        using var third = await WatchAsync(server, "sk-1");

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests], new[] { first, second, third }.Select(answer => answer.StatusCode));
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_a_413_that_says_how_large_it_may_be()
    {
        await using var server = await ApiServer.StartAsync(azurite, new ApiSettings { MaxJsonBytes = 64, Keys = [ApiKey.FromSecret("first", "sk-1")] });

        var answer = await GuessAsync(server, new string('x', 100));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal(
            """{"error":{"message":"The request body is larger than 64 bytes, the most that a JSON request may carry.","type":"invalid_request_error","param":null,"code":"request_too_large"}}""",
            await answer.Content.ReadAsStringAsync(Ct));
    }

    private static Task<HttpResponseMessage> AskAsync(BareApi api, string key)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/v1/fine");
        request.Headers.Authorization = new("Bearer", key);
        return api.Http.SendAsync(request, Ct);
    }

    private static Task<HttpResponseMessage> WatchAsync(ApiServer server, string key)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/v1/fine_tuning/updates");
        request.Headers.Authorization = new("Bearer", key);
        return server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Ct);
    }

    private static Task<HttpResponseMessage> GuessAsync(ApiServer server, string key = "guess") =>
        server.Http.PostAsync("/dashboard/session", new StringContent($$"""{"key":"{{key}}"}""", null, "application/json"), Ct);
}
