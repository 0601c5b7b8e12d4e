using System.Net;

namespace Serverless.Api.Tests;

public sealed class RouteTableTests
{
    [Theory]
    [InlineData("PUT", "/v1/files", "POST, GET")]
    [InlineData("PATCH", "/v1/models/ft:base::x", "GET, DELETE")]
    public async Task Another_method_on_a_known_path_is_a_405_that_names_the_allowed_ones(string method, string path, string allowed)
    {
        await using var api = await BareApi.StartAsync();

        var answer = await api.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Equal(allowed, string.Join(", ", answer.Content.Headers.Allow));
        Assert.Equal(
            $$$"""{"error":{"message":"Not allowed to {{{method}}} on {{{path}}}. Allowed: {{{allowed}}}.","type":"invalid_request_error","param":null,"code":"method_not_supported"}}""",
            await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public void No_route_stands_twice_in_the_table() =>
        Assert.Equal(RouteTable.Routes.Count, RouteTable.Routes.Select(route => (route.Method, route.Pattern)).Distinct().Count());
}
