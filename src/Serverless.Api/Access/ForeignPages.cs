using Microsoft.AspNetCore.Http;

namespace Serverless.Api.Access;

/// <summary>
/// Cross-origin resource sharing for the origins that the settings name, and for no others: preflights are answered, and answers may be
/// read. Never with cookies: a foreign page sends a key of its own. Stands behind <see cref="HostAndOrigin"/>, before any key is asked for.
/// </summary>
internal sealed class ForeignPages(RequestDelegate next, ApiSettings settings)
{
    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        var origin = request.Headers.Origin.ToString();
        if (!settings.AllowedOrigins.Contains(origin, StringComparer.OrdinalIgnoreCase))
            return next(context);

        // At the last moment, since an error clears the headers that were there before it.
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.AccessControlAllowOrigin = origin;
            headers.AccessControlExposeHeaders = "x-request-id, openai-processing-ms, openai-version, retry-after, x-should-retry";
            headers.Append("Vary", "Origin");
            return Task.CompletedTask;
        });
        if (!HttpMethods.IsOptions(request.Method) || request.Headers.AccessControlRequestMethod.Count == 0)
            return next(context);

        var answer = context.Response.Headers;
        answer.AccessControlAllowMethods = "GET, POST, DELETE";
        answer.AccessControlAllowHeaders = request.Headers.AccessControlRequestHeaders;
        answer.AccessControlMaxAge = "7200";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
