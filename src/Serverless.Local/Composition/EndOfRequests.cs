using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace Serverless.Local.Composition;

/// <summary>
/// Ends the requests that are under way when the head ends: chats, uploads, downloads and whatever else would go on for long. Short ones have time to come to
/// their end. Stands within the error envelope, which answers 503, or breaks off an answer that has begun.
/// </summary>
internal sealed class EndOfRequests(RequestDelegate next, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    public async Task InvokeAsync(HttpContext context)
    {
        var left = context.RequestAborted;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(left);
        await using var end = lifetime.ApplicationStopping.Register(() => either.CancelAfter(Grace));
        context.RequestAborted = either.Token;
        try
        {
            await next(context);
        }
        catch (Exception fault) when (either.IsCancellationRequested && !left.IsCancellationRequested && fault is (OperationCanceledException or IOException))
        {
            throw new BadHttpRequestException("The server is stopping. Please try again when it is back.", StatusCodes.Status503ServiceUnavailable, fault);
        }
        finally
        {
            context.RequestAborted = left;
        }
    }
}
