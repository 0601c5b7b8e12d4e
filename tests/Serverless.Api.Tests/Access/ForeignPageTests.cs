using System.Net;
using Microsoft.AspNetCore.Builder;
using Serverless.Api.Access;

namespace Serverless.Api.Tests.Access;

public sealed class ForeignPageTests
{
    private const string Tools = "https://tools.example";

    private static readonly ApiSettings Allowing = new() { AllowedOrigins = [Tools], Keys = [ApiKey.FromSecret("first", "sk-first-0123456789")] };

    [Fact]
    public async Task Without_settings_no_answer_may_be_read_by_another_sites_page()
    {
        await using var api = await StartAsync(new ApiSettings());

        Assert.DoesNotContain((await api.Http.GetAsync("/v1/fine")).Headers, header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(HttpStatusCode.Forbidden, (await api.Http.SendAsync(Request(HttpMethod.Options, Tools, "POST"))).StatusCode);
    }

    [Fact]
    public async Task A_page_that_the_settings_allow_is_told_what_it_may_send_without_a_key()
    {
        await using var api = await StartAsync(Allowing);

        var answer = await api.Http.SendAsync(Request(HttpMethod.Options, Tools, "POST"));

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal(Tools, answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal("GET, POST, DELETE", answer.Headers.GetValues("Access-Control-Allow-Methods").Single());
        Assert.Equal("authorization,content-type", answer.Headers.GetValues("Access-Control-Allow-Headers").Single());
        Assert.Contains("Origin", answer.Headers.Vary);
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Credentials"));
    }

    [Fact]
    public async Task It_may_read_errors_too()
    {
        await using var api = await StartAsync(Allowing);

        var answer = await api.Http.SendAsync(Request(HttpMethod.Get, Tools));

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal(Tools, answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
    }

    [Theory]
    [InlineData("cross-site", HttpStatusCode.Forbidden)]
    [InlineData("same-site", HttpStatusCode.Forbidden)]
    [InlineData("same-origin", HttpStatusCode.OK)]
    [InlineData("none", HttpStatusCode.OK)]
    public async Task A_post_without_an_origin_is_refused_when_the_browser_says_that_another_site_sent_it(string site, HttpStatusCode expected)
    {
        await using var api = await StartAsync(new ApiSettings());
        var request = Request(HttpMethod.Post);
        request.Headers.Add("Sec-Fetch-Site", site);

        Assert.Equal(expected, (await api.Http.SendAsync(request)).StatusCode);
    }

    [Theory]
    [InlineData("/v1/fine", "cross-site", "no-cors", "image", HttpStatusCode.Forbidden)]
    [InlineData("/v1/fine", "same-site", "no-cors", "script", HttpStatusCode.Forbidden)]
    [InlineData("/v1/fine", "cross-site", "navigate", "document", HttpStatusCode.Forbidden)]
    [InlineData("/page", "cross-site", "navigate", "document", HttpStatusCode.OK)]
    [InlineData("/page", "cross-site", "navigate", "iframe", HttpStatusCode.Forbidden)]
    [InlineData("/page", "cross-site", "no-cors", "script", HttpStatusCode.Forbidden)]
    [InlineData("/v1/fine", "same-origin", "no-cors", "image", HttpStatusCode.OK)]
    [InlineData("/v1/fine", "none", "navigate", "document", HttpStatusCode.OK)]
    public async Task Of_what_another_sites_page_has_a_browser_get_only_a_link_to_a_page_is_followed(
        string path, string site, string mode, string destination, HttpStatusCode expected)
    {
        await using var api = await BareApi.StartAsync(new ApiSettings(), app =>
        {
            app.MapGet("/v1/fine", () => "fine");
            app.MapGet("/page", () => "fine");
        });
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Sec-Fetch-Site", site);
        request.Headers.Add("Sec-Fetch-Mode", mode);
        request.Headers.Add("Sec-Fetch-Dest", destination);

        Assert.Equal(expected, (await api.Http.SendAsync(request)).StatusCode);
    }

    private static HttpRequestMessage Request(HttpMethod method, string? origin = null, string? asks = null)
    {
        var request = new HttpRequestMessage(method, "/v1/fine");
        if (origin is not null)
            request.Headers.Add("Origin", origin);
        if (asks is not null)
        {
            request.Headers.Add("Access-Control-Request-Method", asks);
            request.Headers.Add("Access-Control-Request-Headers", "authorization,content-type");
        }
        return request;
    }

    private static Task<BareApi> StartAsync(ApiSettings settings) => BareApi.StartAsync(settings, app => app.MapMethods("/v1/fine", ["GET", "POST"], () => "fine"));
}
