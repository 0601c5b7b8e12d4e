using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Functions.Http;
using Serverless.Functions.Settings;

namespace Serverless.Functions.Tests.Http;

/// <summary>The API behind one function, as the worker calls it: with the function's own endpoint and route values on the request.</summary>
public sealed class ApiPipelineTests : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection()
        .AddLogging()
        .AddSingleton(new DiagnosticListener("a web host's"))
        .AddCloudHead(new CloudSettings { Data = Path.GetTempPath(), StorageAccount = new() { ConnectionString = "UseDevelopmentStorage=true" } }, new FunctionLimits(null))
        .BuildServiceProvider();

    [Theory]
    [InlineData("/", 200, "<!doctype html>")]
    [InlineData("/dashboard/any/api.js", 200, "fetch")]
    [InlineData("/v1/nothing", 404, "unknown_url")]
    [InlineData("/v1/embeddings", 404, "not_offered")]
    public async Task A_request_reaches_the_route_of_the_shared_table(string path, int status, string part)
    {
        var (found, body) = await GetAsync(path, "localhost");
        Assert.Equal(status, found);
        Assert.Contains(part, body, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Access_is_checked_before_the_routes()
    {
        var (status, body) = await GetAsync("/", "foreign.example");
        Assert.Equal(403, status);
        Assert.Contains("foreign_host", body, StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private async Task<(int Status, string Body)> GetAsync(string path, string host)
    {
        var context = new DefaultHttpContext { RequestServices = _services };
        context.Request.Method = "GET";
        context.Request.Path = path;
        context.Request.Host = new HostString(host);
        context.Request.RouteValues["path"] = path.TrimStart('/');
        context.SetEndpoint(new Endpoint(_ => throw new InvalidOperationException("the function's own endpoint"), null, "Api"));
        using var answer = new MemoryStream();
        context.Response.Body = answer;
        await new ApiPipeline(_services).AnswerAsync(context);
        return (context.Response.StatusCode, Encoding.UTF8.GetString(answer.ToArray()));
    }
}
