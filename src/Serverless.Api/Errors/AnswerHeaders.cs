using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Serverless.Api.Errors;

/// <summary>Gives every request its id, and every answer the headers that OpenAI's clients read.</summary>
internal sealed class AnswerHeaders(RequestDelegate next, TimeProvider time)
{
    public Task InvokeAsync(HttpContext context)
    {
        var begun = time.GetTimestamp();
        context.TraceIdentifier = $"req_{Guid.NewGuid():N}";
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers["x-request-id"] = context.TraceIdentifier;
            headers["openai-version"] = "2020-10-01";
            headers["openai-processing-ms"] = ((long)time.GetElapsedTime(begun).TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
            headers.XContentTypeOptions = "nosniff";
            return Task.CompletedTask;
        });
        return next(context);
    }
}
