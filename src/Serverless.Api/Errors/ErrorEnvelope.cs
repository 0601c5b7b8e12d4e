using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Serverless.Api.Access;
using Serverless.Api.Wire;
using Serverless.Learning;

namespace Serverless.Api.Errors;

/// <summary>
/// The edge where exceptions become OpenAI's error object: an <see cref="InputError"/> with the status of its code, everything else as a
/// 500 that names the request and nothing of the inside, while the log has all of it.
/// </summary>
internal sealed partial class ErrorEnvelope(RequestDelegate next, ILogger<ErrorEnvelope> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "/";
        try
        {
            await next(context);
        }
        catch (Exception error) when (context.RequestAborted.IsCancellationRequested && error is (OperationCanceledException or IOException))
        {
            // The client has left; nobody reads an answer.
        }
        catch (InputError error)
        {
            LogRefused(context.Request.Method, path, context.TraceIdentifier, error.Message);
            await AnswerAsync(context, Describe(error, out var status), status);
        }
        catch (BadHttpRequestException error)
        {
            LogRefused(context.Request.Method, path, context.TraceIdentifier, error.Message);
            await AnswerAsync(context, new ErrorBody(error.Message, "invalid_request_error", null, null), error.StatusCode);
        }
        catch (Exception error)
        {
            LogFault(error, context.Request.Method, path, context.TraceIdentifier);
            await AnswerAsync(context, DescribeFault(context), StatusCodes.Status500InternalServerError);
        }
    }

    /// <summary>The body for a caller's fault, and its status.</summary>
    public static ErrorBody Describe(InputError error, out int status)
    {
        var answer = ErrorStatus.Of(error);
        status = answer.Status;
        return new ErrorBody(error.Message, answer.Type, error.Parameter, answer.Code);
    }

    /// <summary>The body for a fault of ours: no detail but the id under which the log has them.</summary>
    public static ErrorBody DescribeFault(HttpContext context) => new(
        $"The server had an error while processing your request. The server's log has the details under the request id {context.TraceIdentifier}.",
        "server_error", null, null);

    private async Task AnswerAsync(HttpContext context, ErrorBody body, int status)
    {
        if (context.Response.HasStarted)
        {
            // Half an answer must not look like a whole one.
            LogBrokenOff(context.TraceIdentifier);
            context.Abort();
            return;
        }

        context.Response.Clear();
        context.Response.StatusCode = status;
        if (status is StatusCodes.Status413PayloadTooLarge)
            context.Response.Headers.Connection = "close";
        if (status is StatusCodes.Status429TooManyRequests)
            context.Response.Headers.RetryAfter = (context.Features.Get<RetryAfter>()?.Seconds ?? 1).ToString(CultureInfo.InvariantCulture);
        context.Response.ContentType = "application/json";
        await JsonSerializer.SerializeAsync(context.Response.Body, new ErrorObject(body), WireJson.Plain.ErrorObject, context.RequestAborted);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Refused {Method} {Path} ({RequestId}): {Reason}")]
    private partial void LogRefused(string method, string path, string requestId, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Failed {Method} {Path} ({RequestId})")]
    private partial void LogFault(Exception error, string method, string path, string requestId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The answer to {RequestId} had begun and was broken off")]
    private partial void LogBrokenOff(string requestId);
}
