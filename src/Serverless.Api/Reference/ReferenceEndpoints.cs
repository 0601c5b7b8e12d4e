using Microsoft.AspNetCore.Http;

namespace Serverless.Api.Reference;

/// <summary>Serves the description of the API, OpenAPI 3.1, which is written by hand; a test compares its paths with the route table.</summary>
internal sealed class ReferenceEndpoints
{
    private readonly Lazy<byte[]> _document = new(Load);

    public Task DocumentAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = _document.Value.Length;
        context.Response.Headers.CacheControl = "no-cache";
        return context.Response.Body.WriteAsync(_document.Value, context.RequestAborted).AsTask();
    }

    private static byte[] Load()
    {
        const string Name = "Reference/openapi.json";
        using var stream = typeof(ReferenceEndpoints).Assembly.GetManifestResourceStream(Name)
            ?? throw new InvalidOperationException($"This build lacks the resource {Name}.");
        var document = new byte[stream.Length];
        stream.ReadExactly(document);
        return document;
    }
}
