using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Serverless.Api.Errors;
using Serverless.Api.Wire;
using Serverless.Learning;

namespace Serverless.Api.Sampling;

/// <summary>Writes what is generated as server-sent events while it is, and <c>[DONE]</c> at the end.</summary>
internal sealed partial class EventStream(HttpContext context, ILogger<EventStream> logger)
{
    /// <param name="pieces">What is generated. What is refused before the first piece is answered with its own status.</param>
    /// <param name="writeAsync">Writes the events of a piece.</param>
    /// <param name="endAsync">Writes the events after the last piece.</param>
    public async Task WriteAsync<T>(IAsyncEnumerable<T> pieces, Func<T, Func<byte[], Task>, Task> writeAsync, Func<Func<byte[], Task>, Task> endAsync)
    {
        await using var reading = pieces.GetAsyncEnumerator(context.RequestAborted);
        var more = await reading.MoveNextAsync();
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache";
        try
        {
            for (; more; more = await reading.MoveNextAsync())
                await writeAsync(reading.Current, SendAsync);
            await endAsync(SendAsync);
            await SendAsync("[DONE]"u8.ToArray());
        }
        catch (Exception error) when (!context.RequestAborted.IsCancellationRequested)
        {
            // The status is out already: the error travels as the stream's last event, as OpenAI sends it.
            if (error is not InputError)
                LogBroken(error, context.TraceIdentifier);
            var body = error is InputError refused ? ErrorEnvelope.Describe(refused, out _) : ErrorEnvelope.DescribeFault(context);
            await SendAsync(JsonSerializer.SerializeToUtf8Bytes(new ErrorObject(body), WireJson.Plain.ErrorObject));
        }
    }

    private async Task SendAsync(byte[] data)
    {
        var body = context.Response.BodyWriter;
        body.Write("data: "u8);
        body.Write(data);
        body.Write("\n\n"u8);
        await body.FlushAsync(context.RequestAborted);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The stream of {RequestId} broke")]
    private partial void LogBroken(Exception error, string requestId);
}
