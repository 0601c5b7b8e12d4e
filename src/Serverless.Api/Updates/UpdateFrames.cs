using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Serverless.Api.Wire;

namespace Serverless.Api.Updates;

/// <summary>Writes server-sent events with name, id and data (WHATWG HTML, section 9.2), and comments that keep a silent connection open.</summary>
internal sealed class UpdateFrames(HttpContext context, UpdateCursor cursor)
{
    private static readonly byte[] Comment = ": still here\n\n"u8.ToArray();

    private bool _written;

    /// <summary>Whether anything was written since it was last asked.</summary>
    public bool TakeWritten()
    {
        var written = _written;
        _written = false;
        return written;
    }

    /// <summary>Sends the headers, and how long a client waits before it connects again.</summary>
    public async Task BeginAsync()
    {
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache";
        // Proxies that buffer answers are asked not to.
        context.Response.Headers["X-Accel-Buffering"] = "no";
        await WriteAsync("retry: 1000\n\n"u8.ToArray());
    }

    /// <summary>Sends an event; its id is the cursor as it is now.</summary>
    public Task EventAsync(string name, JsonNode data)
    {
        var json = data.ToJsonString(WireJson.Plain.Options);
        return WriteAsync(Encoding.UTF8.GetBytes($"event: {name}\nid: {cursor}\ndata: {json}\n\n"));
    }

    public Task CommentAsync() => WriteAsync(Comment);

    private async Task WriteAsync(byte[] frame)
    {
        context.Response.BodyWriter.Write(frame);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        _written = true;
    }
}
