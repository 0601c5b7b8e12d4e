using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Serverless.Api.Requests;
using Serverless.Learning;
using Serverless.Learning.Sampling;

namespace Serverless.Api.Sampling;

/// <summary>
/// The fields by which chat completions and completions say how answers are drawn: those of OpenAI with its ranges, and besides <c>top_k</c> and <c>min_p</c>
/// under the names that other servers gave them.
/// </summary>
internal static class SamplingFields
{
    private const int MaxChoices = 128;
    private const int MaxStops = 4;
    private const int MaxBiases = 1024;

    /// <summary>All but the limit of tokens and the scores; the seed is the request's, or 0.</summary>
    public static SamplingOptions Read(RequestObject body) => new()
    {
        MaxTokens = int.MaxValue,
        Temperature = body.Number("temperature", 0, 2) ?? 1,
        TopP = body.Number("top_p", 0, 1) ?? 1,
        TopK = (int)(body.Integer("top_k", 0, int.MaxValue) ?? 0),
        MinP = body.Number("min_p", 0, 1) ?? 0,
        FrequencyPenalty = body.Number("frequency_penalty", -2, 2) ?? 0,
        PresencePenalty = body.Number("presence_penalty", -2, 2) ?? 0,
        LogitBias = ReadBias(body),
        Stop = ReadStop(body),
    };

    /// <summary>How many answers are wanted.</summary>
    public static int ReadChoices(RequestObject body) => (int)(body.Integer("n", 1, MaxChoices) ?? 1);

    /// <summary>Whether a stream ends with a piece that carries the usage.</summary>
    public static bool ReadIncludeUsage(RequestObject body, bool stream)
    {
        var options = body.Object("stream_options");
        return options is not null && !stream
            ? throw new InputError("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options", "invalid_value")
            : options?.Boolean("include_usage") ?? false;
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

    private static ImmutableDictionary<int, double> ReadBias(RequestObject body)
    {
        if (body.Object("logit_bias") is not { } bias)
            return ImmutableDictionary<int, double>.Empty;
        var fields = bias.Fields.ToArray();
        if (fields.Length > MaxBiases)
            throw Refusal.TooManyProperties("logit_bias", MaxBiases, fields.Length);
        var read = ImmutableDictionary.CreateBuilder<int, double>();
        foreach (var field in fields)
        {
            if (!int.TryParse(field.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                throw new InputError($"Invalid key in 'logit_bias': {field.Name}. You should only be submitting non-negative integers.", "logit_bias", null);
            if (bias.Number(field.Name, -100, 100) is { } value)
                read[id] = value;
        }

        return read.ToImmutable();
    }
}
