using System.Collections.Immutable;
using System.Text.Json;
using Serverless.Api.Requests;
using Serverless.Learning;
using Serverless.Learning.Text;

namespace Serverless.Api.Chat;

/// <summary>A request for chat completions, checked field by field.</summary>
internal sealed record ChatRequest
{
    private const int MaxChoices = 128;
    private const int MaxStops = 4;

    public required string Model { get; init; }

    public required IReadOnlyList<ChatMessage> Messages { get; init; }

    /// <summary>The most tokens that one answer may have; null means up to the end of the model's context.</summary>
    public required int? MaxTokens { get; init; }

    public required double Temperature { get; init; }

    public required double TopP { get; init; }

    /// <summary>How many answers are wanted.</summary>
    public required int Choices { get; init; }

    /// <summary>Equal seeds give equal answers; null means a new one each time.</summary>
    public required long? Seed { get; init; }

    /// <summary>Texts that end an answer and are not part of it.</summary>
    public required ImmutableArray<string> Stop { get; init; }

    public required bool Stream { get; init; }

    /// <summary>Whether a stream ends with a piece that carries the usage.</summary>
    public required bool IncludeUsage { get; init; }

    /// <exception cref="InputError">A field is missing, wrong, or known but not offered.</exception>
    public static ChatRequest Read(JsonElement json)
    {
        var body = new RequestObject(json, "");
        RefuseWhatIsNotOffered(body);
        var stream = body.Boolean("stream") ?? false;
        var streamOptions = body.Object("stream_options");
        if (streamOptions is not null && !stream)
            throw new InputError("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options", "invalid_value");

        return new ChatRequest
        {
            Model = body.RequiredString("model", minLength: 1),
            Messages = ChatMessages.Read(body),
            MaxTokens = (int?)(body.Integer("max_completion_tokens", 1, int.MaxValue) ?? body.Integer("max_tokens", 1, int.MaxValue)),
            Temperature = body.Number("temperature", 0, 2) ?? 1,
            TopP = body.Number("top_p", 0, 1) ?? 1,
            Choices = (int)(body.Integer("n", 1, MaxChoices) ?? 1),
            Seed = body.Integer("seed"),
            Stop = ReadStop(body),
            Stream = stream,
            IncludeUsage = streamOptions?.Boolean("include_usage") ?? false,
        };
    }

    private static ImmutableArray<string> ReadStop(RequestObject body)
    {
        if (body.Value("stop") is not { } stop)
            return [];
        if (stop.ValueKind == JsonValueKind.String)
            return [RequestObject.TextOf(stop, "stop", minLength: 1)];
        if (stop.ValueKind != JsonValueKind.Array)
            throw Refusal.WrongType("stop", "a string or an array of strings", RequestObject.Kind(stop));
        return stop.GetArrayLength() > MaxStops
            ? throw Refusal.ArrayTooLong("stop", MaxStops, stop.GetArrayLength())
            : [.. stop.EnumerateArray().Select((one, index) => RequestObject.TextOf(one, $"stop[{index}]", minLength: 1))];
    }

    /// <summary>What would change the answer must not be dropped silently.</summary>
    private static void RefuseWhatIsNotOffered(RequestObject body)
    {
        if (body.Boolean("logprobs") ?? false)
            throw Refusal.NotOffered("logprobs");
        foreach (var penalty in new[] { "presence_penalty", "frequency_penalty" })
        {
            if ((body.Number(penalty, -2, 2) ?? 0) != 0)
                throw Refusal.NotOffered(penalty);
        }

        if ((body.Object("response_format")?.RequiredString("type") ?? "text") != "text")
            throw Refusal.NotOffered("response_format");
        if (body.Object("logit_bias") is { } bias && bias.Fields.Any())
            throw Refusal.NotOffered("logit_bias");
        foreach (var tools in new[] { "tools", "functions" })
        {
            if (body.Objects(tools) is { Count: > 0 })
                throw Refusal.NotOffered(tools);
        }
    }
}
