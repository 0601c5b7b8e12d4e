using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Serverless.Api.Errors;
using Serverless.Api.Wire;
using Serverless.Learning;
using Serverless.Service.Inference;

namespace Serverless.Api.Chat;

/// <summary>Writes an answer as server-sent events while it is generated, in the order of OpenAI: role, text, finish, usage, <c>[DONE]</c>.</summary>
internal sealed partial class ChatStream(HttpContext context, ChatAnswerHead answer, ChatRequest request, ILogger<ChatStream> logger)
{
    private static readonly JsonElement Null = JsonDocument.Parse("null").RootElement;

    public async Task WriteAsync(IAsyncEnumerable<ChatPiece> pieces)
    {
        await using var reading = pieces.GetAsyncEnumerator(context.RequestAborted);

        // What is refused is refused before the first piece, and answered with its status.
        var more = await reading.MoveNextAsync();
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache";
        try
        {
            var (opened, tokens, promptTokens) = (-1, 0, 0);
            for (; more; more = await reading.MoveNextAsync())
            {
                var piece = reading.Current;
                tokens++;
                promptTokens = piece.PromptTokens;
                if (piece.Choice != opened)
                    await SendAsync(piece.Choice, new ChatDeltaObject { Role = "assistant", Content = "", Refusal = Null }, finish: null);
                opened = piece.Choice;
                if (piece.Text.Length > 0)
                    await SendAsync(piece.Choice, new ChatDeltaObject { Content = piece.Text }, finish: null);
                if (piece.Finish is { } finish)
                    await SendAsync(piece.Choice, new ChatDeltaObject(), FinishReasons.TextOf(finish));
            }

            if (request.IncludeUsage)
                await SendAsync([], JsonSerializer.SerializeToElement(new UsageObject(promptTokens, tokens), WireJson.Plain.UsageObject));
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

    private Task SendAsync(int choice, ChatDeltaObject delta, string? finish) =>
        SendAsync([new ChatChunkChoiceObject(choice, delta, finish)], request.IncludeUsage ? Null : null);

    private Task SendAsync(IReadOnlyList<ChatChunkChoiceObject> choices, JsonElement? usage)
    {
        var chunk = new ChatChunkObject
        {
            Id = answer.Id,
            Created = answer.Created,
            Model = answer.Model,
            SystemFingerprint = answer.SystemFingerprint,
            Choices = choices,
            Usage = usage,
        };
        return SendAsync(JsonSerializer.SerializeToUtf8Bytes(chunk, WireJson.Plain.ChatChunkObject));
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
