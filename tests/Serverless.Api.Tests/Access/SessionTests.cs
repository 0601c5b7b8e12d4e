using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Http;
using Serverless.Api.Access;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests.Access;

public sealed class SessionTests(AzuriteFixture azurite)
{
    private const string Key = "sk-laptop-0123456789";

    private static readonly ApiSettings WithKeys = new() { Keys = [ApiKey.Parse($"laptop={Key}", 1), ApiKey.Parse("sk-other-0123456789", 2)] };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_is_exchanged_for_a_cookie_that_scripts_and_other_sites_cannot_use_and_that_opens_the_api()
    {
        await using var server = await ApiServer.StartAsync(azurite, WithKeys);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Http.GetAsync("/v1/models", Ct)).StatusCode);
        Assert.Equal("""{"required":true,"name":null}""", await server.Http.GetStringAsync("/dashboard/session", Ct));

        using var answer = await server.Http.PostAsJsonAsync("/dashboard/session", new { key = Key }, Ct);

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Matches(
            @"^serverless-session-\d+=[0-9a-f]{16}\.\d+\.[\w-]{43}; max-age=1209600; path=/; samesite=strict; httponly$", answer.Headers.GetValues("Set-Cookie").Single());
        // The client keeps cookies, as a browser does.
        Assert.Equal(HttpStatusCode.OK, (await server.Http.GetAsync("/v1/models", Ct)).StatusCode);
        Assert.Equal("""{"required":true,"name":"laptop"}""", await server.Http.GetStringAsync("/dashboard/session", Ct));

        (await server.Http.DeleteAsync("/dashboard/session", Ct)).EnsureSuccessStatusCode();
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Http.GetAsync("/v1/models", Ct)).StatusCode);
    }

    [Fact]
    public async Task A_wrong_key_gets_no_cookie()
    {
        await using var server = await ApiServer.StartAsync(azurite, WithKeys);

        using var answer = await server.Http.PostAsJsonAsync("/dashboard/session", new { key = "sk-wrong-0123456789" }, Ct);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("Incorrect API key provided: sk-w****6789.", (await answer.ErrorAsync()).GetProperty("message").GetString());
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task Without_keys_no_session_is_needed()
    {
        await using var server = await ApiServer.StartAsync(azurite);

        Assert.Equal("""{"required":false,"name":null}""", await server.Http.GetStringAsync("/dashboard/session", Ct));
    }

    [Fact]
    public async Task A_page_of_another_site_cannot_open_a_session()
    {
        await using var server = await ApiServer.StartAsync(azurite, WithKeys);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/dashboard/session") { Content = JsonContent.Create(new { key = Key }) };
        request.Headers.Add("Origin", "https://evil.example");

        Assert.Equal(HttpStatusCode.Forbidden, (await server.Http.SendAsync(request, Ct)).StatusCode);
    }

    [Fact]
    public async Task A_session_holds_on_another_instance_until_its_time_is_over_its_key_is_gone_or_it_was_changed()
    {
        var account = await azurite.NewAccountAsync();
        var clock = new SetClock(DateTimeOffset.UnixEpoch.AddDays(1));
        var granting = new DefaultHttpContext { Request = { Host = new HostString("tune.example") } };
        await new SessionCookies(WithKeys, new SessionSecret(account), clock).GrantAsync(granting, WithKeys.Keys[0]);
        var cookie = granting.Response.Headers.SetCookie.ToString().Split(';')[0];

        Assert.Equal("laptop", await NameAsync(WithKeys, cookie));
        Assert.Null(await NameAsync(new ApiSettings { Keys = [WithKeys.Keys[1]] }, cookie));
        Assert.Null(await NameAsync(WithKeys, cookie.Replace(WithKeys.Keys[0].Id, WithKeys.Keys[1].Id, StringComparison.Ordinal)));
        Assert.Null(await NameAsync(WithKeys, cookie[..^1] + (cookie[^1] == 'A' ? 'B' : 'A')));
        Assert.Null(await NameAsync(WithKeys, "serverless-session=nonsense"));
        clock.Now += TimeSpan.FromDays(14);
        Assert.Null(await NameAsync(WithKeys, cookie));

        async Task<string?> NameAsync(ApiSettings settings, string sent)
        {
            var context = new DefaultHttpContext { Request = { Host = new HostString("tune.example"), Headers = { Cookie = sent } } };
            return (await new SessionCookies(settings, new SessionSecret(account), clock).KeyOfAsync(context.Request, Ct))?.Name;
        }
    }

    [Fact]
    public async Task Behind_a_proxy_that_ends_tls_the_cookie_is_sent_over_tls_only()
    {
        var context = new DefaultHttpContext { Request = { Host = new HostString("tune.example"), Headers = { ["X-Forwarded-Proto"] = "https" } } };

        await new SessionCookies(WithKeys, new SessionSecret(await azurite.NewAccountAsync()), TimeProvider.System).GrantAsync(context, WithKeys.Keys[0]);

        Assert.Contains("; secure;", context.Response.Headers.SetCookie.ToString(), StringComparison.Ordinal);
    }

    private sealed class SetClock(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
