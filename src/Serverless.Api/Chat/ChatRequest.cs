using System.Text.Json;
using Serverless.Api.Requests;
using Serverless.Api.Sampling;
using Serverless.Learning;
using Serverless.Learning.Sampling;
using Serverless.Learning.Text;
using Serverless.Service.Inference;

namespace Serverless.Api.Chat;

/// <summary>A request for chat completions, checked field by field.</summary>
internal sealed record ChatRequest
{
    private const int MaxTopLogprobs = 20;

    public required string Model { get; init; }

    public required IReadOnlyList<ChatMessage> Messages { get; init; }

    /// <summary>How the answers are drawn; the seed is <see cref="Seed"/>'s matter.</summary>
    public required SamplingOptions Options { get; init; }

    /// <summary>The tools that the model may call; null for none.</summary>
    public required ChatTools? Tools { get; init; }

    /// <summary>Whether one tool is named that is to be called.</summary>
    public required bool NamesTool { get; init; }

    /// <summary>How many answers are wanted.</summary>
    public required int Choices { get; init; }

    /// <summary>Equal seeds give equal answers; null means a new one each time.</summary>
    public required long? Seed { get; init; }

    public required bool Stream { get; init; }

    /// <summary>Whether a stream ends with a piece that carries the usage.</summary>
    public required bool IncludeUsage { get; init; }

    /// <exception cref="InputError">A field is missing, wrong, or known but not offered.</exception>
    public static ChatRequest Read(JsonElement json)
    {
        var body = new RequestObject(json, "");
        foreach (var superseded in new[] { "functions", "function_call" })
        {
            if (body.Value(superseded) is not null)
                throw Refusal.NotOffered(superseded);
        }

        // Text where sound was asked for would be no answer.
        if (body.Value("modalities") is { ValueKind: JsonValueKind.Array } kinds && kinds.EnumerateArray().Any(kind => kind.ValueKind == JsonValueKind.String && kind.ValueEquals("audio")))
            throw Refusal.NotYet("modalities", "audio", "'text'");
        var stream = body.Boolean("stream") ?? false;
        var messages = ChatMessages.Read(body);
        var tools = ToolFields.Read(body);
        var grammar = ResponseFormat.Read(body, messages);
        return new ChatRequest
        {
            Model = body.RequiredString("model", minLength: 1),
            Messages = messages,
            Options = SamplingFields.Read(body) with
            {
                MaxTokens = ReadMaxTokens(body),
                TopScores = ReadTopLogprobs(body),
                Grammar = grammar,
            },
            Tools = tools,
            NamesTool = ToolFields.NamesTool(body),
            Choices = SamplingFields.ReadChoices(body),
            Seed = body.Integer("seed"),
            Stream = stream,
            IncludeUsage = SamplingFields.ReadIncludeUsage(body, stream),
        };
    }

    private static int ReadMaxTokens(RequestObject body) =>
        (int)(body.Integer("max_completion_tokens", 1, int.MaxValue) ?? body.Integer("max_tokens", 1, int.MaxValue) ?? int.MaxValue);

    private static int? ReadTopLogprobs(RequestObject body)
    {
        var top = (int?)body.Integer("top_logprobs", 0, MaxTopLogprobs);
        if (body.Boolean("logprobs") ?? false)
            return top ?? 0;
        return top is null
            ? null
            : throw new InputError("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", "top_logprobs", null);
    }
}
