using Microsoft.AspNetCore.Http;
using Serverless.Api.StaticFiles;
using Serverless.Learning;

namespace Serverless.Api.Dashboard;

/// <summary>Serves the dashboard at <c>/</c>, the reference of the API at <c>/docs</c>, and their files. Nothing of them comes from another host.</summary>
internal sealed class DashboardEndpoints
{
    // Besides its own files a page may use nothing: no other host, no script or style within the page, no frame around it.
    private const string ContentSecurityPolicy =
        "default-src 'self'; object-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    private readonly Lazy<DashboardFiles> _files = new(DashboardFiles.Load);

    /// <summary>The page itself, which names the version of its files; asked for again each time.</summary>
    public Task PageAsync(HttpContext context) => SendAsync(context, _files.Value.Page, "no-cache");

    /// <summary>The reference of the API, which reads <c>/openapi.json</c>.</summary>
    public Task ReferenceAsync(HttpContext context) => SendAsync(context, _files.Value.Reference, "no-cache");

    /// <summary>A file that a page refers to. By the address of its version it never changes.</summary>
    public Task FileAsync(HttpContext context)
    {
        var name = (string)context.Request.RouteValues["name"]!;
        var file = _files.Value.Find(name) ?? throw new InputError($"The dashboard has no file '{name}'.", code: "not_found");
        // A page of another version, still open or just replaced, gets what there is, and asks again.
        var current = (string)context.Request.RouteValues["version"]! == _files.Value.Version;
        return SendAsync(context, file, current ? "public, max-age=31536000, immutable" : "no-cache");
    }

    private static Task SendAsync(HttpContext context, StaticFile file, string caching)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        return StaticReply.SendAsync(context, file, caching);
    }
}
