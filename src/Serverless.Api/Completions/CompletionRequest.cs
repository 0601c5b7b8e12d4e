using System.Collections.Immutable;
using System.Text.Json;
using Serverless.Api.Requests;
using Serverless.Api.Sampling;
using Serverless.Learning;
using Serverless.Learning.Sampling;
using Serverless.Service.Inference;

namespace Serverless.Api.Completions;

/// <summary>A request for completions, checked field by field.</summary>
internal sealed record CompletionRequest
{
    private const int DefaultMaxTokens = 16;
    private const int MaxLogprobs = 5;
    private const int MaxBestOf = 20;
    private const int MaxPrompts = 2048;

    public required string Model { get; init; }

    public required IReadOnlyList<CompletionPrompt> Prompts { get; init; }

    /// <summary>How the answers are drawn; the seed is <see cref="Seed"/>'s matter.</summary>
    public required SamplingOptions Options { get; init; }

    /// <summary>How many answers are wanted to each prompt.</summary>
    public required int Choices { get; init; }

    /// <summary>How many are drawn, of which the likeliest are given.</summary>
    public required int Drawn { get; init; }

    /// <summary>Equal seeds give equal answers; null means a new one each time.</summary>
    public required long? Seed { get; init; }

    public required bool Echo { get; init; }

    public required bool Stream { get; init; }

    /// <summary>Whether a stream ends with a piece that carries the usage.</summary>
    public required bool IncludeUsage { get; init; }

    /// <exception cref="InputError">A field is missing, wrong, or known but not offered.</exception>
    public static CompletionRequest Read(JsonElement json)
    {
        var body = new RequestObject(json, "");
        if (body.String("suffix") is { Length: > 0 })
            throw Refusal.NotOffered("suffix");
        var choices = SamplingFields.ReadChoices(body);
        var stream = body.Boolean("stream") ?? false;
        return new CompletionRequest
        {
            Model = body.RequiredString("model", minLength: 1),
            Prompts = ReadPrompts(body.RequiredValue("prompt")),
            Options = SamplingFields.Read(body) with
            {
                MaxTokens = (int)(body.Integer("max_tokens", 0, int.MaxValue) ?? DefaultMaxTokens),
                TopScores = (int?)body.Integer("logprobs", 0, MaxLogprobs),
            },
            Choices = choices,
            Drawn = ReadBestOf(body, choices, stream),
            Seed = body.Integer("seed"),
            Echo = body.Boolean("echo") ?? false,
            Stream = stream,
            IncludeUsage = SamplingFields.ReadIncludeUsage(body, stream),
        };
    }

    /// <summary>A string, an array of strings, an array of tokens, or an array of arrays of tokens.</summary>
    private static IReadOnlyList<CompletionPrompt> ReadPrompts(JsonElement prompt)
    {
        const string Expected = "a string, an array of strings, an array of integers, or an array of arrays of integers";
        if (prompt.ValueKind == JsonValueKind.String)
            return [new CompletionPrompt(prompt.GetString(), [])];
        if (prompt.ValueKind != JsonValueKind.Array)
            throw Refusal.WrongType("prompt", Expected, RequestObject.Kind(prompt));
        if (prompt.GetArrayLength() == 0)
            throw Refusal.EmptyArray("prompt");
        if (prompt[0].ValueKind == JsonValueKind.Number)
            return [new CompletionPrompt(null, ReadTokens(prompt, "prompt"))];
        if (prompt.GetArrayLength() > MaxPrompts)
            throw Refusal.ArrayTooLong("prompt", MaxPrompts, prompt.GetArrayLength());
        return [.. prompt.EnumerateArray().Select((one, index) => one.ValueKind switch
        {
            JsonValueKind.String => new CompletionPrompt(one.GetString(), []),
            JsonValueKind.Array => new CompletionPrompt(null, ReadTokens(one, $"prompt[{index}]")),
            _ => throw Refusal.WrongType($"prompt[{index}]", "a string or an array of integers", RequestObject.Kind(one)),
        })];
    }

    private static ImmutableArray<int> ReadTokens(JsonElement tokens, string path) =>
    [
        .. tokens.EnumerateArray().Select((token, index) => token.ValueKind == JsonValueKind.Number && token.TryGetInt32(out var id)
            ? id
            : throw Refusal.WrongType($"{path}[{index}]", "an integer", RequestObject.Kind(token))),
    ];

    private static int ReadBestOf(RequestObject body, int choices, bool stream)
    {
        if (body.Integer("best_of", 1, MaxBestOf) is not { } bestOf || bestOf == choices)
            return choices;
        if (bestOf < choices)
            throw new InputError(
                $"You requested that the server return more choices than it will generate (HINT: you must set 'n' (currently {choices}) to be at most "
                + $"'best_of' (currently {bestOf}), or omit either parameter if you don't specifically want to use them.)",
                "best_of", null);
        return stream
            ? throw new InputError($"'best_of' above 'n' (currently {choices}) cannot be streamed: which answers are best is known when all are there.", "best_of", "invalid_value")
            : (int)bestOf;
    }
}
