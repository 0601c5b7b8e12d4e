using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Serverless.Learning;

namespace Serverless.Api.Requests;

/// <summary>Reads a request's JSON body within the settings' size.</summary>
internal static class JsonBody
{
    // A stated length is no reason to set memory aside before anything has come.
    private const int MostBytesAhead = 64 * 1024;

    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 64 };

    /// <summary>Whether a request that needs no body has one.</summary>
    public static bool IsSent(HttpRequest request) =>
        request.ContentLength is > 0 || (request.ContentLength is null && request.Headers.TransferEncoding.Count > 0);

    /// <summary>The body as a document, which the caller disposes.</summary>
    /// <exception cref="InputError">The body is not an object of JSON, too large, or labelled as something else.</exception>
    public static async Task<JsonDocument> ReadAsync(HttpContext context, ApiSettings settings)
    {
        var request = context.Request;
        if (request.ContentType is { } type && !IsJson(type))
            throw new InputError($"Invalid Content-Type header ({type}), expected application/json.");
        if (request.ContentLength > settings.MaxJsonBytes)
            throw TooLarge(settings);

        await using var bounded = new BoundedStream(request.Body, settings.MaxJsonBytes, () => TooLarge(settings));
        JsonDocument document;
        try
        {
            document = StrictJson.Parse(await BytesOfAsync(bounded, (int)(request.ContentLength ?? 0), context.RequestAborted), Strict);
        }
        catch (JsonException error)
        {
            throw new InputError(
                $"We could not parse the JSON body of your request: {error.Message} The API expects a JSON payload.", innerException: error);
        }

        return document;
    }

    private static async Task<ReadOnlyMemory<byte>> BytesOfAsync(Stream body, int stated, CancellationToken ct)
    {
        using var bytes = new MemoryStream(Math.Min(stated, MostBytesAhead));
        await body.CopyToAsync(bytes, ct);
        var json = bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
        return json.Span.StartsWith(ByteOrderMark) ? json[ByteOrderMark.Length..] : json;
    }

    private static bool IsJson(string contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type)
        && (type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase));

    /// <summary>What a longer body than allowed is refused with.</summary>
    public static InputError TooLarge(ApiSettings settings) =>
        new($"The request body is larger than {settings.MaxJsonBytes} bytes, the most that a JSON request may carry.", code: "request_too_large");
}
