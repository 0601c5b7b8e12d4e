using System.Text.Json;

namespace Serverless.Learning.Models;

/// <summary>Turns the fields of a <c>config.json</c> into a <see cref="DecoderConfig"/>, naming each field that is missing or not supported.</summary>
internal sealed class DecoderConfigReader(JsonElement root)
{
    public DecoderConfig Read()
    {
        if (root.ValueKind != JsonValueKind.Object) throw new InputError($"config.json: found {root.ValueKind}; allowed: an object");
        Allow("model_type", "llama");
        Allow("hidden_act", "silu");
        Refuse("attention_bias", "false");
        Refuse("mlp_bias", "false");
        if (root.TryGetProperty("rope_scaling", out var scaling) && scaling.ValueKind != JsonValueKind.Null)
            throw new InputError($"config.json, rope_scaling: found {scaling.GetRawText()}; allowed: null");

        var width = Positive("hidden_size");
        var heads = Positive("num_attention_heads");
        var keyValueHeads = Optional("num_key_value_heads") ?? heads;
        if (heads % keyValueHeads != 0)
            throw new InputError($"config.json, num_key_value_heads: found {keyValueHeads}; allowed: a divisor of num_attention_heads ({heads})");
        var headSize = Optional("head_dim") ?? width / heads;
        if (headSize % 2 != 0) throw new InputError($"config.json, head_dim: found {headSize}; allowed: an even number");
        return new DecoderConfig
        {
            VocabularySize = Positive("vocab_size"),
            Width = width,
            InnerWidth = Positive("intermediate_size"),
            Layers = Positive("num_hidden_layers"),
            Heads = heads,
            KeyValueHeads = keyValueHeads,
            HeadSize = headSize,
            NormEpsilon = Number("rms_norm_eps", 1e-6),
            RotaryBase = RotaryBase(),
            MaxLength = Positive("max_position_embeddings"),
            TiedHead = root.TryGetProperty("tie_word_embeddings", out var tied) && tied.ValueKind == JsonValueKind.True,
            EndIds = EndIds(),
        };
    }

    private void Allow(string field, string allowed)
    {
        var found = root.TryGetProperty(field, out var value) ? value.ToString() : "nothing";
        if (found != allowed) throw new InputError($"config.json, {field}: found {found}; allowed: {allowed}");
    }

    private void Refuse(string field, string allowed)
    {
        if (root.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.True)
            throw new InputError($"config.json, {field}: found true; allowed: {allowed}");
    }

    private int Positive(string field) =>
        Optional(field) ?? throw new InputError($"config.json, {field}: found nothing; allowed: a positive whole number");

    private int? Optional(string field)
    {
        if (!root.TryGetProperty(field, out var value) || value.ValueKind == JsonValueKind.Null) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number > 0) return number;
        throw new InputError($"config.json, {field}: found {value.GetRawText()}; allowed: a positive whole number");
    }

    private double Number(string field, double fallback)
    {
        if (!root.TryGetProperty(field, out var value)) return fallback;
        if (value.ValueKind == JsonValueKind.Number && value.GetDouble() is > 0 and var number) return number;
        throw new InputError($"config.json, {field}: found {value.GetRawText()}; allowed: a positive number");
    }

    /// <summary>Newer folders keep the base inside <c>rope_parameters</c>, with a type that must be the plain one.</summary>
    private double RotaryBase()
    {
        if (!root.TryGetProperty("rope_parameters", out var parameters) || parameters.ValueKind != JsonValueKind.Object)
            return Number("rope_theta", 10000);
        if (parameters.TryGetProperty("rope_type", out var type) && type.ToString() != "default")
            throw new InputError($"config.json, rope_parameters.rope_type: found {type}; allowed: default");
        return parameters.TryGetProperty("rope_theta", out var theta) ? theta.GetDouble() : 10000;
    }

    private List<int> EndIds()
    {
        if (!root.TryGetProperty("eos_token_id", out var value)) return [];
        return value.ValueKind switch
        {
            JsonValueKind.Null => [],
            JsonValueKind.Number => [value.GetInt32()],
            JsonValueKind.Array => value.EnumerateArray().Select(id => id.GetInt32()).ToList(),
            _ => throw new InputError($"config.json, eos_token_id: found {value.GetRawText()}; allowed: a token id or a list of them"),
        };
    }
}
