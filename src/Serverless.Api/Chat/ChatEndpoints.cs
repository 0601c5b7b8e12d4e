using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Serverless.Api.Access;
using Serverless.Api.Requests;
using Serverless.Api.Sampling;
using Serverless.Api.Wire;
using Serverless.Service.Inference;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Api.Chat;

/// <summary>Chat completions, whole or streamed.</summary>
internal sealed class ChatEndpoints(
    ChatGenerator generator, CheckpointModels models, ApiSettings settings, StreamPlaces places, TimeProvider time,
    ILogger<EventStream> logger)
{
    public async Task CompleteAsync(HttpContext context)
    {
        ChatRequest request;
        using (var body = await JsonBody.ReadAsync(context, settings))
            request = ChatRequest.Read(body.RootElement);
        var (answer, model) = await AnswerHead.BeginAsync("chatcmpl", request.Model, models, time, context.RequestAborted);
        var pieces = generator.StreamAsync(model, CallOf(request), context.RequestAborted);
        if (request.Stream)
        {
            using var place = places.Enter(context);
            var stream = new ChatStream(answer, request);
            await new EventStream(context, logger).WriteAsync(pieces, stream.WriteAsync, stream.EndAsync);
        }
        else
        {
            await Reply.JsonAsync(context, await WholeAsync(answer, request, pieces), WireJson.Plain.ChatCompletionObject);
        }
    }

    private static async Task<ChatCompletionObject> WholeAsync(AnswerHead answer, ChatRequest request, IAsyncEnumerable<ChatPiece> pieces)
    {
        var choices = Enumerable.Range(0, request.Choices).Select(_ => new ChatTranscript(request.NamesTool)).ToArray();
        var tokens = new AnswerTokens();
        await foreach (var piece in pieces)
        {
            choices[piece.Choice].Add(piece);
            tokens.Add(0, piece.PromptTokens, piece.CachedTokens, piece.Tokens, piece.ReasoningTokens);
        }

        return new ChatCompletionObject
        {
            Id = answer.Id,
            Created = answer.Created,
            Model = answer.Model,
            SystemFingerprint = answer.SystemFingerprint,
            Choices = [.. choices.Select((choice, index) => new ChatChoiceObject(
                index, choice.Message, choice.FinishReason, ChatLogprobsObject.Of(request.Options.TopScores is not null, choice.Scores)))],
            Usage = tokens.Usage,
        };
    }

    private ChatCall CallOf(ChatRequest request) => new()
    {
        Messages = request.Messages,
        Options = request.Options with { Seed = request.Seed ?? RandomNumberGenerator.GetInt32(int.MaxValue) },
        Tools = request.Tools,
        Choices = request.Choices,
        Limit = settings.MaxGenerationTime,
    };
}
