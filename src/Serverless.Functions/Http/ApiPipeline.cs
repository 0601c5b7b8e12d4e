using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Serverless.Api;

namespace Serverless.Functions.Http;

/// <summary>
/// The API's middleware and route table behind one function. A function that takes every path hides all others over HTTP, so there is one,
/// and the routes are told apart in here.
/// </summary>
public sealed class ApiPipeline
{
    private readonly RequestDelegate _answer;

    public ApiPipeline(IServiceProvider services)
    {
        var app = new ApplicationBuilder(services);
        app.UseServerlessApi();
        app.UseRouting();
        app.UseEndpoints(endpoints => endpoints.MapServerlessApi());
        _answer = app.Build();
    }

    public Task AnswerAsync(HttpContext context)
    {
        // The function's own route has matched already; routing passes over a request that has an endpoint.
        context.SetEndpoint(null);
        context.Request.RouteValues.Clear();
        return _answer(context);
    }
}
