using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Serverless.Learning;

namespace Serverless.Api.Dashboard;

/// <summary>Serves the page at <c>/</c> and its files, which are embedded in this assembly. Nothing of it comes from another host.</summary>
internal sealed class DashboardEndpoints
{
    private const string Prefix = "Dashboard/";
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    private static readonly FrozenDictionary<string, string> ContentTypes = new Dictionary<string, string>
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
    }.ToFrozenDictionary();

    private readonly Lazy<FrozenDictionary<string, DashboardFile>> _files = new(Load);

    /// <summary>The page itself.</summary>
    public Task PageAsync(HttpContext context) => SendAsync(context, "index.html");

    /// <summary>A file that the page refers to.</summary>
    public Task FileAsync(HttpContext context) => SendAsync(context, (string)context.Request.RouteValues["name"]!);

    private Task SendAsync(HttpContext context, string name)
    {
        if (!_files.Value.TryGetValue(name, out var file))
            throw new InputError($"The dashboard has no file '{name}'.", code: "not_found");
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-cache";
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

    private static FrozenDictionary<string, DashboardFile> Load()
    {
        var assembly = typeof(DashboardEndpoints).Assembly;
        return assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .ToFrozenDictionary(name => name[Prefix.Length..], name =>
            {
                using var stream = assembly.GetManifestResourceStream(name)!;
                var content = new byte[stream.Length];
                stream.ReadExactly(content);
                var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..16]}\"");
                return new DashboardFile(content, ContentTypes[Path.GetExtension(name)], tag.ToString());
            });
    }
}
