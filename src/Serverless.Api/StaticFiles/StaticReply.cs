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

    /// <summary>
    /// The coding that the client likes best, none (<c>identity</c>) among them; of two that it likes alike the smaller one, and one that it names
    /// rather than none where it does not say (RFC 9110, section 12.5.3).
    /// </summary>
    private static (ContentCoding? Coding, string? Name) Chosen(HttpRequest request)
    {
        var accepted = request.GetTypedHeaders().AcceptEncoding;
        (ContentCoding? Coding, string? Name) best = (null, null);
        var quality = Liking("identity");
        foreach (var (coding, name) in Codings)
        {
            var liking = Liking(name);
            if (liking > quality || liking == quality && liking > 0 && best.Coding is null)
                (best, quality) = ((coding, name), liking);
        }
        return best;

        double Liking(string name)
        {
            var named = accepted.FirstOrDefault(one => one.Value.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? accepted.FirstOrDefault(one => one.Value == "*");
            return named is null ? 0 : named.Quality ?? 1;
        }
    }

    private static bool IsKnown(HttpRequest request, string etag) =>
        request.GetTypedHeaders().IfNoneMatch.Any(one => one.Tag == "*" || one.Compare(EntityTagHeaderValue.Parse(etag), useStrongComparison: false));
}
