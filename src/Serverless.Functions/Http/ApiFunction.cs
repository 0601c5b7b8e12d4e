using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Serverless.Functions.Durable;

namespace Serverless.Functions.Http;

/// <summary>Every request to the API and the dashboard.</summary>
public sealed class ApiFunction(ApiPipeline pipeline, DurableConnection hub)
{
    [Function("Api")]
    public Task RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, Route = "{*path}")] HttpRequest request, [DurableClient] DurableTaskClient client)
    {
        hub.Use(client);
        return pipeline.AnswerAsync(request.HttpContext);
    }
}
