using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Serverless.Api.Requests;
using Serverless.Api.Wire;
using Serverless.Learning;
using Serverless.Service.Inference;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Api.Chat;

/// <summary>Chat completions, whole or streamed.</summary>
internal sealed class ChatEndpoints(
    ChatGenerator generator, CheckpointModels models, ApiSettings settings, TimeProvider time, ILogger<ChatStream> logger)
{
    public async Task CompleteAsync(HttpContext context)
    {
        ChatRequest request;
        using (var body = await JsonBody.ReadAsync(context, settings))
            request = ChatRequest.Read(body.RootElement);
        var model = await models.FindAsync(new ModelId(request.Model), context.RequestAborted)
            ?? throw new InputError($"The model '{request.Model}' does not exist", "model", "model_not_found");

        var answer = new ChatAnswerHead(
            $"chatcmpl-{Guid.NewGuid():N}", time.GetUtcNow().ToUnixTimeSeconds(), request.Model, FingerprintOf(model));
        var pieces = generator.StreamAsync(model, CallOf(request), context.RequestAborted);
        if (request.Stream)
            await new ChatStream(context, answer, request, logger).WriteAsync(pieces);
        else
            await Reply.JsonAsync(context, await WholeAsync(answer, request, pieces), WireJson.Plain.ChatCompletionObject);
    }

    private static async Task<ChatCompletionObject> WholeAsync(ChatAnswerHead answer, ChatRequest request, IAsyncEnumerable<ChatPiece> pieces)
    {
        var choices = Enumerable.Range(0, request.Choices).Select(_ => new ChatTranscript()).ToArray();
        var promptTokens = 0;
        await foreach (var piece in pieces)
        {
            choices[piece.Choice].Add(piece);
            promptTokens = piece.PromptTokens;
        }

        return new ChatCompletionObject
        {
            Id = answer.Id,
            Created = answer.Created,
            Model = answer.Model,
            SystemFingerprint = answer.SystemFingerprint,
            Choices = [.. choices.Select((choice, index) => new ChatChoiceObject(index, new ChatAnswerObject(choice.Text), choice.FinishReason))],
            Usage = new UsageObject(promptTokens, choices.Sum(choice => choice.Tokens)),
        };
    }

    private ChatCall CallOf(ChatRequest request) => new()
    {
        Messages = request.Messages,
        MaxTokens = request.MaxTokens,
        Temperature = request.Temperature,
        TopP = request.TopP,
        Choices = request.Choices,
        Seed = request.Seed ?? RandomNumberGenerator.GetInt32(int.MaxValue),
        Stop = request.Stop,
        Limit = settings.MaxGenerationTime,
    };

    /// <summary>Names the content behind the model's name: a folder's name in storage ends with the hash of its content.</summary>
    private static string FingerprintOf(ModelRecord model) =>
        $"fp_{model.Folder[^Math.Min(10, model.Folder.Length)..]}";
}
