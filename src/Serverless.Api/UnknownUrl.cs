using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing.Template;
using Serverless.Learning;

namespace Serverless.Api;

/// <summary>
/// Answers what no route takes: 405 for a known path with another method, and a 404 that tells whether the endpoint is one of OpenAI's that
/// this service does not offer yet, or unknown altogether.
/// </summary>
internal static class UnknownUrl
{
    private static readonly string[] NotYetOffered =
    [
        "/v1/fine_tuning/checkpoints", "/v1/embeddings", "/v1/batches", "/v1/chat", "/v1/responses", "/v1/conversations", "/v1/moderations", "/v1/images",
        "/v1/audio", "/v1/videos", "/v1/vector_stores", "/v1/assistants", "/v1/threads", "/v1/containers", "/v1/realtime", "/v1/organization",
    ];

    public static Task AnswerAsync(HttpContext context, IReadOnlyList<Route> routes)
    {
        var request = context.Request;
        var call = $"{request.Method} {request.Path}";
        var methods = routes.Where(route => Matches(route.Pattern, request.Path)).Select(route => route.Method).Distinct().ToArray();

        // GET on the chat path lists stored completions, which is an endpoint of its own.
        var listsStored = HttpMethods.IsGet(request.Method) && request.Path.StartsWithSegments("/v1/chat");
        if (methods.Length > 0 && !listsStored)
        {
            context.Response.OnStarting(() =>
            {
                context.Response.Headers.Allow = string.Join(", ", methods);
                return Task.CompletedTask;
            });
            throw new InputError($"Not allowed to {request.Method} on {request.Path}. Allowed: {string.Join(", ", methods)}.", code: "method_not_supported");
        }

        if (Array.Exists(NotYetOffered, prefix => request.Path.StartsWithSegments(prefix)))
            throw new InputError($"{call} is part of OpenAI's API that this service does not offer yet.", code: "not_offered");
        throw new InputError($"Invalid URL ({call}).", code: "unknown_url");
    }

    private static bool Matches(string pattern, PathString path) =>
        new TemplateMatcher(TemplateParser.Parse(pattern.TrimStart('/')), []).TryMatch(path, []);
}
