using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Serverless.Api.Access;
using Serverless.Api.Requests;
using Serverless.Api.Sampling;
using Serverless.Api.Wire;
using Serverless.Learning.Sampling;
using Serverless.Service.Inference;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Api.Completions;

/// <summary>Completions of texts, whole or streamed.</summary>
internal sealed class CompletionEndpoints(
    CompletionGenerator generator, CheckpointModels models, ApiSettings settings, StreamPlaces places, TimeProvider time,
    ILogger<EventStream> logger)
{
    private static readonly JsonElement Null = JsonDocument.Parse("null").RootElement;

    public async Task CompleteAsync(HttpContext context)
    {
        CompletionRequest request;
        using (var body = await JsonBody.ReadAsync(context, settings))
            request = CompletionRequest.Read(body.RootElement);
        var (answer, model) = await AnswerHead.BeginAsync("cmpl", request.Model, models, time, context.RequestAborted);
        var pieces = generator.StreamAsync(model, CallOf(request), context.RequestAborted);
        if (request.Stream)
        {
            using var place = places.Enter(context);
            await StreamAsync(context, answer, request, pieces);
        }
        else
            await Reply.JsonAsync(context, await WholeAsync(answer, request, pieces), WireJson.Plain.CompletionObject);
    }

    private static async Task<CompletionObject> WholeAsync(AnswerHead answer, CompletionRequest request, IAsyncEnumerable<CompletionPiece> pieces)
    {
        var count = request.Prompts.Count * request.Drawn;
        var texts = Enumerable.Range(0, count).Select(_ => new StringBuilder()).ToArray();
        var scores = Enumerable.Range(0, count).Select(_ => new List<TokenScores>()).ToArray();
        var likelihoods = new List<double>[count];
        for (var index = 0; index < count; index++)
            likelihoods[index] = [];
        var finishes = new FinishReason?[count];
        var tokens = new AnswerTokens();
        await foreach (var piece in pieces)
        {
            texts[piece.Choice].Append(piece.Text);
            scores[piece.Choice].AddRange(piece.Scores);
            // Before an echoed answer the prompt's tokens stand, which are the same for all.
            likelihoods[piece.Choice].AddRange(piece.Scores.TakeLast(piece.Tokens).Select(score => score.Token.LogProbability));
            finishes[piece.Choice] = piece.Finish;
            tokens.Add(piece.Choice / request.Drawn, piece.PromptTokens, piece.CachedTokens, piece.Tokens);
        }

        return Object(answer, UsageOf(tokens), [.. Given(request, likelihoods).Select((drawn, index) =>
        {
            var offset = 0;
            var logprobs = request.Options.TopScores is null ? null : CompletionLogprobsObject.Of(scores[drawn], ref offset);
            return new CompletionChoiceObject(texts[drawn].ToString(), index, logprobs, FinishReasons.TextOf(finishes[drawn]!.Value));
        })]);
    }

    /// <summary>Which of the answers that were drawn are given: to each prompt those of the highest mean log-probability of a token, the best first, or all as they were drawn.</summary>
    private static IEnumerable<int> Given(CompletionRequest request, List<double>[] likelihoods) => Enumerable.Range(0, request.Prompts.Count).SelectMany(prompt =>
    {
        var drawn = Enumerable.Range(prompt * request.Drawn, request.Drawn);
        return request.Drawn == request.Choices
            ? drawn
            : drawn.OrderByDescending(one => likelihoods[one].DefaultIfEmpty(double.NegativeInfinity).Average()).Take(request.Choices);
    });

    private async Task StreamAsync(HttpContext context, AnswerHead answer, CompletionRequest request, IAsyncEnumerable<CompletionPiece> pieces)
    {
        var offsets = new int[request.Prompts.Count * request.Choices];
        var tokens = new AnswerTokens();
        await new EventStream(context, logger).WriteAsync(pieces, async (piece, send) =>
        {
            tokens.Add(piece.Choice / request.Choices, piece.PromptTokens, piece.CachedTokens, piece.Tokens);
            if (piece.Text.Length == 0 && piece.Scores.Count == 0 && piece.Finish is null)
                return;
            var logprobs = request.Options.TopScores is null ? null : CompletionLogprobsObject.Of(piece.Scores, ref offsets[piece.Choice]);
            var finish = piece.Finish is { } reason ? FinishReasons.TextOf(reason) : null;
            await SendAsync(send, [new CompletionChoiceObject(piece.Text, piece.Choice, logprobs, finish)], request.IncludeUsage ? Null : null);
        }, async send =>
        {
            if (request.IncludeUsage)
                await SendAsync(send, [], UsageOf(tokens));
        });

        Task SendAsync(Func<byte[], Task> send, IReadOnlyList<CompletionChoiceObject> choices, JsonElement? usage) =>
            send(JsonSerializer.SerializeToUtf8Bytes(Object(answer, usage, choices), WireJson.Plain.CompletionObject));
    }

    private static CompletionObject Object(AnswerHead answer, JsonElement? usage, IReadOnlyList<CompletionChoiceObject> choices) => new()
    {
        Id = answer.Id,
        Created = answer.Created,
        Model = answer.Model,
        SystemFingerprint = answer.SystemFingerprint,
        Choices = choices,
        Usage = usage,
    };

    private static JsonElement UsageOf(AnswerTokens tokens) =>
        JsonSerializer.SerializeToElement(tokens.Usage, WireJson.Plain.UsageObject);

    private CompletionCall CallOf(CompletionRequest request) => new()
    {
        Prompts = request.Prompts,
        Options = request.Options with
        {
            Seed = request.Seed ?? RandomNumberGenerator.GetInt32(int.MaxValue),
            // To tell which answers are best takes their scores, whether or not these are shown.
            TopScores = request.Options.TopScores ?? (request.Drawn > request.Choices ? 0 : null),
        },
        Choices = request.Drawn,
        Echo = request.Echo,
        Limit = settings.MaxGenerationTime,
    };
}
