using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Serverless.Api.Updates;

/// <summary>Writes server-sent events with name, id and data (WHATWG HTML, section 9.2), and comments that keep a silent connection open.</summary>
internal sealed class UpdateFrames(HttpContext context, UpdateCursor cursor, TimeProvider time)
{
    /// <summary>What is written goes out at once when it is this many bytes, otherwise when it is sent.</summary>
    private const int MostUnsent = 1 << 16;

    private long _unsent;
    private long _sentAt;

    /// <summary>How long nothing has been sent.</summary>
    public TimeSpan SilentFor => time.GetElapsedTime(_sentAt);

    private PipeWriter Body => context.Response.BodyWriter;

    /// <summary>Sends the headers, and how long a client waits before it connects again.</summary>
    public async Task BeginAsync()
    {
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache";
        // Proxies that buffer answers are asked not to.
        context.Response.Headers["X-Accel-Buffering"] = "no";
        Write("retry: 1000\n\n"u8);
        await SendAsync();
    }

    /// <summary>Writes an event; its id is the cursor as it is now.</summary>
    /// <param name="data">JSON in UTF-8, on one line.</param>
    public async ValueTask EventAsync(string name, byte[] data)
    {
        _unsent += Encoding.UTF8.GetBytes($"event: {name}\nid: {cursor}\ndata: ", Body);
        Write(data);
        Write("\n\n"u8);
        if (_unsent > MostUnsent)
            await SendAsync();
    }

    public async ValueTask CommentAsync()
    {
        Write(": still here\n\n"u8);
        await SendAsync();
    }

    /// <summary>Sends what was written, if anything was.</summary>
    public async ValueTask SendAsync()
    {
        if (_unsent == 0)
            return;
        await Body.FlushAsync(context.RequestAborted);
        (_unsent, _sentAt) = (0, time.GetTimestamp());
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        Body.Write(bytes);
        _unsent += bytes.Length;
    }
}
