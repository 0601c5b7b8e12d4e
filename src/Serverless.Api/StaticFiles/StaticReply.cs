using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Serverless.Api.StaticFiles;

/// <summary>Sends static files, compressed for those who take them so. Nothing else is compressed: streams have to arrive piece by piece.</summary>
internal static class StaticReply
{
    private static readonly (ContentCoding Coding, string Name)[] Codings = [(ContentCoding.Brotli, "br"), (ContentCoding.Gzip, "gzip")];

    /// <param name="caching">The header Cache-Control.</param>
    public static Task SendAsync(HttpContext context, StaticFile file, string caching)
    {
        var (coding, name) = Chosen(context.Request);
        var (content, etag) = file.In(coding);
        var headers = context.Response.Headers;
        headers.CacheControl = caching;
        headers.Append(HeaderNames.Vary, HeaderNames.AcceptEncoding);
        headers.ETag = etag;
        if (IsKnown(context.Request, etag))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        if (name is not null)
            headers.ContentEncoding = name;
        context.Response.ContentType = file.ContentType;
        context.Response.ContentLength = content.Length;
        return context.Response.Body.WriteAsync(content, context.RequestAborted).AsTask();
    }

    /// <summary>The coding that the client likes best, of two that it likes alike the smaller one (RFC 9110, section 12.5.3).</summary>
    private static (ContentCoding? Coding, string? Name) Chosen(HttpRequest request)
    {
        var accepted = request.GetTypedHeaders().AcceptEncoding;
        var (best, quality) = (((ContentCoding?)null, (string?)null), 0.0);
        foreach (var (coding, name) in Codings)
        {
            var named = accepted.FirstOrDefault(one => one.Value.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? accepted.FirstOrDefault(one => one.Value == "*");
            if (named is not null && (named.Quality ?? 1) > quality)
                (best, quality) = ((coding, name), named.Quality ?? 1);
        }
        return best;
    }

    private static bool IsKnown(HttpRequest request, string etag) =>
        request.GetTypedHeaders().IfNoneMatch.Any(one => one.Tag == "*" || one.Compare(EntityTagHeaderValue.Parse(etag), useStrongComparison: false));
}
