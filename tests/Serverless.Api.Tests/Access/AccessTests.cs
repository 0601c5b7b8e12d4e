using System.Net;
using Microsoft.AspNetCore.Builder;
using Serverless.Api.Access;

namespace Serverless.Api.Tests.Access;

public sealed class AccessTests
{
    private static readonly ApiSettings WithKeys = new()
    {
        Keys = [ApiKey.FromSecret("first", "sk-first-0123456789"), ApiKey.FromSha256("second", "c337a1985c4bb1f73dcfe2815956fceb2bbeb30c849010ba38db4f2c104d4e6d")],
    };

    [Fact]
    public async Task Without_keys_nobody_is_asked_for_one()
    {
        await using var api = await StartAsync(new ApiSettings());

        Assert.Equal("fine", await api.Http.GetStringAsync("/v1/fine"));
    }

    [Fact]
    public async Task Without_a_key_the_answer_is_a_401_that_says_how_to_give_one()
    {
        await using var api = await StartAsync(WithKeys);

        var answer = await api.Http.GetAsync("/v1/fine");

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal(
            """{"error":{"message":"You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).","type":"invalid_request_error","param":null,"code":null}}""",
            await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_wrong_key_is_a_401_that_does_not_repeat_it()
    {
        await using var api = await StartAsync(WithKeys);
        api.Http.DefaultRequestHeaders.Authorization = new("Bearer", "sk-wrong-0123456789");

        var answer = await api.Http.GetAsync("/v1/fine");

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal(
            """{"error":{"message":"Incorrect API key provided: sk-w****6789.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}""",
            await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("sk-first-0123456789")]
    [InlineData("sk-second-0123456789")]
    public async Task A_key_of_the_settings_opens_whether_they_hold_it_or_its_hash(string key)
    {
        await using var api = await StartAsync(WithKeys);
        api.Http.DefaultRequestHeaders.Authorization = new("Bearer", key);

        Assert.Equal("fine", await api.Http.GetStringAsync("/v1/fine"));
    }

    [Fact]
    public void A_hash_that_is_none_is_refused_with_its_keys_name()
    {
        var error = Assert.Throws<ArgumentException>(() => ApiKey.FromSha256("laptop", "abc"));

        Assert.StartsWith("API key 'laptop': found a hash of 3 characters; allowed: 64 hexadecimal digits (SHA-256).", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("evil.example", HttpStatusCode.Forbidden)]
    [InlineData("localhost.evil.example:7071", HttpStatusCode.Forbidden)]
    [InlineData("localhost:7071", HttpStatusCode.OK)]
    [InlineData("127.0.0.1", HttpStatusCode.OK)]
    [InlineData("[::1]:7071", HttpStatusCode.OK)]
    [InlineData("tune.example", HttpStatusCode.OK)]
    public async Task A_host_that_is_not_ours_is_refused_without_keys(string host, HttpStatusCode expected)
    {
        await using var api = await StartAsync(new ApiSettings { AllowedHosts = ["tune.example"] });
        var request = new HttpRequestMessage(HttpMethod.Get, "/v1/fine");
        request.Headers.Host = host;

        var answer = await api.Http.SendAsync(request);

        Assert.Equal(expected, answer.StatusCode);
    }

    [Theory]
    [InlineData(null, HttpStatusCode.OK)]
    [InlineData("tune.example", HttpStatusCode.Forbidden)]
    public async Task With_keys_any_host_is_ours_until_the_settings_name_some(string? allowed, HttpStatusCode expected)
    {
        await using var api = await StartAsync(WithKeys with { AllowedHosts = allowed is null ? [] : [allowed] });
        var request = new HttpRequestMessage(HttpMethod.Get, "/v1/fine") { Headers = { Authorization = new("Bearer", "sk-first-0123456789"), Host = "other.example" } };

        Assert.Equal(expected, (await api.Http.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task A_foreign_host_is_told_which_are_allowed()
    {
        await using var api = await StartAsync(new ApiSettings { AllowedHosts = ["tune.example"] });
        var request = new HttpRequestMessage(HttpMethod.Get, "/v1/fine");
        request.Headers.Host = "evil.example";

        Assert.Equal(
            """{"error":{"message":"This service does not answer as 'evil.example'. Allowed: localhost, 127.0.0.1, [::1], tune.example. Its settings can allow more hosts.","type":"invalid_request_error","param":null,"code":"foreign_host"}}""",
            await (await api.Http.SendAsync(request)).Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("https://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("null", HttpStatusCode.Forbidden)]
    [InlineData("http://127.0.0.1:1", HttpStatusCode.Forbidden)]
    [InlineData("https://tools.example", HttpStatusCode.OK)]
    [InlineData("own", HttpStatusCode.OK)]
    public async Task A_foreign_pages_origin_is_refused(string origin, HttpStatusCode expected)
    {
        await using var api = await StartAsync(new ApiSettings { AllowedOrigins = ["https://tools.example"] });
        var request = new HttpRequestMessage(HttpMethod.Get, "/v1/fine");
        request.Headers.Add("Origin", origin == "own" ? api.Http.BaseAddress!.GetLeftPart(UriPartial.Authority) : origin);

        var answer = await api.Http.SendAsync(request);

        Assert.Equal(expected, answer.StatusCode);
    }

    private static Task<BareApi> StartAsync(ApiSettings settings) =>
        BareApi.StartAsync(settings, app => app.MapGet("/v1/fine", () => "fine"));
}
