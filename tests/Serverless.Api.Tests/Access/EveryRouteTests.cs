using System.Net;
using System.Text.RegularExpressions;
using Serverless.Api.Access;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests.Access;

/// <summary>What holds for each row of the route table, those to come included.</summary>
public sealed class EveryRouteTests(AzuriteFixture azurite)
{
    private const string Key = "sk-every-route-0123456789";

    private static readonly ApiSettings WithKey = new() { Keys = [ApiKey.FromSecret("only", Key)] };

    /// <summary>What everyone may see: the pages, their files, the description of the API, and the door itself.</summary>
    private static readonly string[] Open =
    [
        "GET /openapi.json", "GET /", "GET /docs", "GET /dashboard/{version}/{name}", "GET /dashboard/session", "POST /dashboard/session", "DELETE /dashboard/session",
    ];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, null, "You didn't provide an API key.")]
    [InlineData("Bearer sk-another-route-0123456789", null, "Incorrect API key provided: sk-a****6789.")]
    [InlineData("Bearer ", null, "You didn't provide an API key.")]
    [InlineData("Basic " + Key, null, "You didn't provide an API key.")]
    [InlineData(null, "forged", "You didn't provide an API key.")]
    public async Task Every_route_below_v1_is_closed_without_the_key(string? authorization, string? cookie, string message)
    {
        await using var server = await ApiServer.StartAsync(azurite, WithKey);
        foreach (var route in RouteTable.Routes.Where(route => !Open.Contains($"{route.Method} {route.Pattern}")))
        {
            using var request = new HttpRequestMessage(new HttpMethod(route.Method), Filled(route.Pattern, "x"));
            if (authorization is not null)
                request.Headers.TryAddWithoutValidation("Authorization", authorization);
            if (cookie is not null)
                request.Headers.Add("Cookie", $"serverless-session-{server.Http.BaseAddress!.Port}={cookie}.1893456000.c2lnbmVk");
            using var answer = await server.Http.SendAsync(request, Ct);
            var said = await answer.Content.ReadAsStringAsync(Ct);
            Assert.True(answer.StatusCode == HttpStatusCode.Unauthorized && said.Contains(message, StringComparison.Ordinal), $"{route.Method} {route.Pattern}: {(int)answer.StatusCode} {said}");
        }
    }

    [Theory]
    [InlineData("/V1/models")]
    [InlineData("/v1//models")]
    [InlineData("/v1/./models")]
    [InlineData("/dashboard/../v1/models")]
    [InlineData("/%76%31/models")]
    [InlineData("/v1/models/")]
    [InlineData("/v1/unknown")]
    public async Task Another_spelling_of_a_path_opens_nothing(string path)
    {
        await using var server = await ApiServer.StartAsync(azurite, WithKey);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Http.BaseAddress + path[1..], new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        using var answer = await server.Http.SendAsync(request, Ct);
        Assert.Contains(answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.Unauthorized, HttpStatusCode.NotFound]);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("file-00000000000000000000000000000000")]
    [InlineData("ftjob-0000000000000000000000000")]
    [InlineData("..%2F..%2Fcatalog")]
    [InlineData("a%0d%0ab")]
    [InlineData("*")]
    public async Task A_guessed_id_is_answered_as_one_that_does_not_exist(string id)
    {
        await using var server = await ApiServer.StartAsync(azurite, WithKey);
        server.Http.DefaultRequestHeaders.Authorization = new("Bearer", Key);
        foreach (var route in RouteTable.Routes.Where(route => route.Pattern.StartsWith("/v1/", StringComparison.Ordinal) && route.Pattern.Contains('{', StringComparison.Ordinal)))
        {
            using var request = new HttpRequestMessage(new HttpMethod(route.Method), Filled(route.Pattern, id));
            if (route.Method == "POST")
                request.Content = new StringContent("{}", null, "application/json");
            using var answer = await server.Http.SendAsync(request, Ct);
            var said = await answer.Content.ReadAsStringAsync(Ct);
            // What comes with a POST may be looked at first.
            var expected = route.Method == "POST" ? answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest : answer.StatusCode == HttpStatusCode.NotFound;
            Assert.True(expected && said.StartsWith("{\"error\":", StringComparison.Ordinal), $"{route.Method} {route.Pattern} of {id}: {(int)answer.StatusCode} {said}");
        }
    }

    private static string Filled(string pattern, string id) => Regex.Replace(pattern, "{[^}]*}", id);
}
