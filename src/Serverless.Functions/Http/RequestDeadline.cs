using Microsoft.AspNetCore.Http;
using Serverless.Functions.Settings;

namespace Serverless.Functions.Http;

/// <summary>
/// Gives a request up before the platform does: a function that outlives its timeout is ended with its whole process, and with the
/// training that runs in there. Stands within the error envelope, which answers 408, or breaks off an answer that has begun.
/// </summary>
internal sealed class RequestDeadline(RequestDelegate next, FunctionLimits limits, TimeProvider clock)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (limits.LongestRequest is not { } longest)
        {
            await next(context);
            return;
        }
        var left = context.RequestAborted;
        using var deadline = new CancellationTokenSource(longest, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(left, deadline.Token);
        context.RequestAborted = either.Token;
        try
        {
            await next(context);
        }
        catch (Exception fault) when (deadline.IsCancellationRequested && !left.IsCancellationRequested && fault is (OperationCanceledException or IOException))
        {
            throw new BadHttpRequestException(
                $"The request was not through after {longest.TotalSeconds:F0} s, the longest that the server allows.", StatusCodes.Status408RequestTimeout, fault);
        }
        finally
        {
            context.RequestAborted = left;
        }
    }
}
