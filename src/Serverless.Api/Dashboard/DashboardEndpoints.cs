using Microsoft.AspNetCore.Http;
using Serverless.Learning;

namespace Serverless.Api.Dashboard;

/// <summary>Serves the page at <c>/</c> and its files. Nothing of it comes from another host.</summary>
internal sealed class DashboardEndpoints
{
    // Besides its own files the page may use nothing: no other host, no script or style within the page, no frame around it.
    private const string ContentSecurityPolicy =
        "default-src 'self'; object-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    private readonly Lazy<DashboardFiles> _files = new(DashboardFiles.Load);

    /// <summary>The page itself, which names the version of its files; asked for again each time.</summary>
    public Task PageAsync(HttpContext context) => SendAsync(context, _files.Value.Page, "no-cache");

    /// <summary>A file that the page refers to. By the address of its version it never changes.</summary>
    public Task FileAsync(HttpContext context)
    {
        var name = (string)context.Request.RouteValues["name"]!;
        var file = _files.Value.Find(name) ?? throw new InputError($"The dashboard has no file '{name}'.", code: "not_found");
        // A page of another version, still open or just replaced, gets what there is, and asks again.
        var current = (string)context.Request.RouteValues["version"]! == _files.Value.Version;
        return SendAsync(context, file, current ? "public, max-age=31536000, immutable" : "no-cache");
    }

    private static Task SendAsync(HttpContext context, DashboardFile file, string caching)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.CacheControl = caching;
        headers.ETag = file.ETag;
        if (context.Request.Headers.IfNoneMatch == file.ETag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        context.Response.ContentType = file.ContentType;
        context.Response.ContentLength = file.Content.Length;
        return context.Response.Body.WriteAsync(file.Content, context.RequestAborted).AsTask();
    }
}
