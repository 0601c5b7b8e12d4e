using Microsoft.AspNetCore.Http;
using Serverless.Api.StaticFiles;

namespace Serverless.Api.Reference;

/// <summary>Serves the description of the API, OpenAPI 3.1, which is written by hand; a test compares its paths with the route table.</summary>
internal sealed class ReferenceEndpoints
{
    private readonly Lazy<StaticFile> _document = new(Load);

    public Task DocumentAsync(HttpContext context) => StaticReply.SendAsync(context, _document.Value, "no-cache");

    private static StaticFile Load()
    {
        const string Name = "Reference/openapi.json";
        using var stream = typeof(ReferenceEndpoints).Assembly.GetManifestResourceStream(Name)
            ?? throw new InvalidOperationException($"This build lacks the resource {Name}.");
        var document = new byte[stream.Length];
        stream.ReadExactly(document);
        return new StaticFile(document, "application/json");
    }
}
