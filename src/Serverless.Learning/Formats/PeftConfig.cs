using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Learning.Adapters;

namespace Serverless.Learning.Formats;

/// <summary>
/// PEFT's <c>adapter_config.json</c> (<c>peft.LoraConfig</c>): keys sorted, two spaces, as PEFT writes it. An option this program does not
/// know, or knows and cannot honour, is refused by name unless its value says that it is not used.
/// </summary>
internal static class PeftConfig
{
    public const string FileName = "adapter_config.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, IndentSize = 2 };

    /// <summary>Options that do not change what an adapter computes on the base it was trained on, whatever their value.</summary>
    private static readonly HashSet<string> WithoutEffect = new(StringComparer.Ordinal)
    {
        "auto_mapping", "base_model_name_or_path", "corda_config", "eva_config", "inference_mode", "loftq_config", "lora_ga_config",
        "megatron_core", "peft_version", "qalora_group_size", "revision", "runtime_config",
    };

    /// <summary>Ways to initialise A and B that leave the base weights as they were.</summary>
    private static readonly HashSet<string> PlainInitialisations = new(StringComparer.Ordinal) { "eva", "gaussian", "orthogonal" };

    public static byte[] Write(AdapterOptions options, string baseModel, string? revision, IEnumerable<string> targetModules)
    {
        var config = new JsonObject
        {
            ["alpha_pattern"] = new JsonObject(),
            ["auto_mapping"] = null,
            ["base_model_name_or_path"] = baseModel,
            ["bias"] = "none",
            ["fan_in_fan_out"] = false,
            ["inference_mode"] = true,
            ["init_lora_weights"] = true,
            ["layers_pattern"] = null,
            ["layers_to_transform"] = null,
            ["lora_alpha"] = options.Alpha,
            ["lora_dropout"] = options.Dropout,
            ["modules_to_save"] = null,
            ["peft_type"] = "LORA",
            ["r"] = options.Rank,
            ["rank_pattern"] = new JsonObject(),
            ["revision"] = revision,
            ["target_modules"] = new JsonArray([.. targetModules.Select(module => JsonValue.Create(module))]),
            ["task_type"] = "CAUSAL_LM",
            ["use_dora"] = options.WeightDecomposed,
            ["use_rslora"] = options.RankStabilized,
        };
        return [.. JsonSerializer.SerializeToUtf8Bytes(config, Indented), (byte)'\n'];
    }

    /// <exception cref="InputError">The file is not what PEFT writes, or asks for what is not supported; every such option is named.</exception>
    public static (AdapterOptions Options, string? BaseModel) Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new InputError($"{FileName}: found {Quoted.Cut(document.RootElement.GetRawText())}; allowed: a JSON object");
            var reading = new Reading(document.RootElement);
            return (reading.Options(), reading.BaseModel());
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException) // the latter: strings that are not UTF-8
        {
            throw new InputError($"{FileName}: not JSON: {fault.Message}", innerException: fault);
        }
    }

    /// <summary>One pass over the object, collecting every fault.</summary>
    private sealed class Reading(JsonElement config)
    {
        private readonly List<string> faults = [];
        private readonly HashSet<string> read = new(WithoutEffect, StringComparer.Ordinal);

        public AdapterOptions Options()
        {
            Field("peft_type", "\"LORA\"", value => IsString(value, "LORA"), isRequired: true);
            Field("task_type", "\"CAUSAL_LM\"", value => IsEmpty(value) || IsString(value, "CAUSAL_LM"));
            Field("bias", "\"none\"", value => IsString(value, "none"));
            Field("init_lora_weights", "true, false, \"gaussian\", \"eva\", \"orthogonal\" (the others change the base weights too)", IsPlainInitialisation);
            var rank = Field("r", "a whole number from 1", value => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var r) && r >= 1, isRequired: true);
            var alpha = Field("lora_alpha", "a number above 0", value => IsNumber(value, out var a) && a > 0, isRequired: true);
            var dropout = Field("lora_dropout", "a number from 0 and below 1", value => IsNumber(value, out var p) && p is >= 0 and < 1);
            var stabilized = Field("use_rslora", "true or false", IsBoolean);
            var decomposed = Field("use_dora", "true or false", IsBoolean);
            var targets = Field("target_modules", "a list of module names or \"all-linear\"", IsTargetModules, isRequired: true);

            foreach (var option in config.EnumerateObject().Where(option => !read.Contains(option.Name) && !IsEmpty(option.Value)))
                faults.Add($"{option.Name}: found {Quoted.Cut(option.Value.GetRawText())}; this option is not supported");
            if (faults.Count > 0)
                throw new InputError(string.Join('\n', faults.Select(fault => $"{FileName}, {fault}")));

            return new AdapterOptions
            {
                Kind = AdapterKind.Lora,
                Rank = rank!.Value.GetInt32(),
                Alpha = alpha!.Value.GetDouble(),
                Dropout = dropout?.GetDouble() ?? 0,
                RankStabilized = stabilized?.GetBoolean() ?? false,
                WeightDecomposed = decomposed?.GetBoolean() ?? false,
                TargetModules = targets!.Value.ValueKind == JsonValueKind.String
                    ? [AdapterOptions.AllLinear]
                    : [.. targets.Value.EnumerateArray().Select(module => module.GetString()!).Select(module => TextModelNames.Alone(module) ?? module).Order(StringComparer.Ordinal)],
            };
        }

        /// <summary>What the adapter was trained on, if it says so.</summary>
        public string? BaseModel() =>
            config.TryGetProperty("base_model_name_or_path", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null;

        private JsonElement? Field(string name, string allowed, Func<JsonElement, bool> isAllowed, bool isRequired = false)
        {
            read.Add(name);
            if (!config.TryGetProperty(name, out var value))
            {
                if (isRequired)
                    faults.Add($"{name}: missing; allowed: {allowed}");
                return null;
            }

            if (!isAllowed(value))
                faults.Add($"{name}: found {Quoted.Cut(value.GetRawText())}; allowed: {allowed}");
            return value;
        }

        private static bool IsBoolean(JsonElement value) => value.ValueKind is JsonValueKind.True or JsonValueKind.False;

        private static bool IsString(JsonElement value, string text) => value.ValueKind == JsonValueKind.String && value.ValueEquals(text);

        private static bool IsNumber(JsonElement value, out double number)
        {
            number = 0;
            return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out number) && double.IsFinite(number);
        }

        private static bool IsPlainInitialisation(JsonElement value) =>
            value.ValueKind is JsonValueKind.True or JsonValueKind.False
            || (value.ValueKind == JsonValueKind.String && PlainInitialisations.Contains(value.GetString()!));

        private static bool IsTargetModules(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.String => value.ValueEquals(AdapterOptions.AllLinear),
            JsonValueKind.Array => value.GetArrayLength() > 0
                && value.EnumerateArray().All(module => module.ValueKind == JsonValueKind.String && module.GetString()!.Length > 0),
            _ => false,
        };

        private static bool IsEmpty(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.Null or JsonValueKind.False => true,
            JsonValueKind.Object => value.GetPropertyCount() == 0,
            JsonValueKind.Array => value.GetArrayLength() == 0,
            _ => false,
        };
    }
}
