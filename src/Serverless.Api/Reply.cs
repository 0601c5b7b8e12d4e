using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Serverless.Api;

/// <summary>Writes an answer in JSON.</summary>
internal static class Reply
{
    public static async Task JsonAsync<T>(HttpContext context, T answer, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK)
    {
        // Serialised first, so that a fault while doing so is still answered as one.
        var body = JsonSerializer.SerializeToUtf8Bytes(answer, type);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    /// <summary>Sends a stream as a file to keep, without holding it in memory.</summary>
    public static async Task DownloadAsync(HttpContext context, Stream content, long bytes, string name)
    {
        var disposition = new ContentDispositionHeaderValue("attachment");
        disposition.SetHttpFileName(name);
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = bytes;
        context.Response.Headers.ContentDisposition = disposition.ToString();
        await content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
