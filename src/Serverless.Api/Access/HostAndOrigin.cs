using System.Net;
using Microsoft.AspNetCore.Http;
using Serverless.Learning;

namespace Serverless.Api.Access;

/// <summary>
/// Refuses requests that a foreign page makes a browser send: a Host that is not ours (DNS rebinding), an Origin that is neither the
/// service's own nor allowed (form posts and scripts of other sites), and, where there is no Origin (images, scripts, links), what the browser says to come from
/// another site, but for following a link to a page. It holds with and without keys.
/// </summary>
internal sealed class HostAndOrigin(RequestDelegate next, ApiSettings settings)
{
    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!IsOurHost(request.Host.Host))
            throw new InputError($"This service does not answer as '{request.Host.Host}'. Allowed: {AllowedHosts()}. Its settings can allow more hosts.",
                code: "foreign_host");

        foreach (var origin in request.Headers.Origin)
        {
            if (!string.IsNullOrEmpty(origin) && !IsOurOrigin(origin, request))
                throw new InputError($"Requests from pages of '{origin}' are refused. The settings can allow more origins.", code: "foreign_origin");
        }

        // A browser that names no origin says at least whether another site's page made it ask (Fetch Metadata; to loopback addresses and over https).
        if (request.Headers.Origin.Count == 0 && request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site" && !OpensPage(request))
            throw new InputError("Requests from pages of other sites are refused. The settings can allow more origins.", code: "foreign_origin");

        return next(context);
    }

    /// <summary>Whether somebody follows a link to one of our pages, which then stands alone in its tab.</summary>
    private static bool OpensPage(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        && !request.Path.StartsWithSegments("/v1")
        && request.Headers["Sec-Fetch-Mode"] == "navigate" && request.Headers["Sec-Fetch-Dest"] == "document";

    private bool IsOurHost(string host) =>
        IsLoopback(host)
        || settings.AllowedHosts.Contains(host, StringComparer.OrdinalIgnoreCase)
        || (settings.Keys.Count > 0 && settings.AllowedHosts.Count == 0);

    // The scheme does not count: behind a proxy that ends TLS a page's is https and the request's http.
    private bool IsOurOrigin(string origin, HttpRequest request) =>
        (Uri.TryCreate(origin, UriKind.Absolute, out var page)
         && string.Equals(page.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase))
        || settings.AllowedOrigins.Contains(origin, StringComparer.OrdinalIgnoreCase);

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private string AllowedHosts() => string.Join(", ", ["localhost", "127.0.0.1", "[::1]", .. settings.AllowedHosts]);
}
