using System.Buffers.Binary;
using System.Text;
using Serverless.Fuzz.Running;
using Serverless.Learning.Formats;
using Serverless.Learning.Formats.Gguf;
using Serverless.Learning.Models;
using Serverless.Learning.Text;

namespace Serverless.Fuzz.Targets;

/// <summary>What a model folder holds.</summary>
internal static class ModelTargets
{
    private const string Header =
        """{"__metadata__":{"format":"pt"},"a.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"BF16","shape":[],"data_offsets":[16,18]},"c":{"dtype":"F16","shape":[0],"data_offsets":[18,18]}}""";
    private const string Llama =
        """{"architectures":["LlamaForCausalLM"],"model_type":"llama","hidden_size":64,"intermediate_size":128,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,"head_dim":16,"vocab_size":300,"max_position_embeddings":512,"rms_norm_eps":1e-6,"rope_theta":10000,"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":128},"eos_token_id":[1,2],"tie_word_embeddings":true}""";
    private const string Phi =
        """{"model_type":"phi3","hidden_size":16,"intermediate_size":32,"num_hidden_layers":1,"num_attention_heads":2,"vocab_size":300,"max_position_embeddings":64,"original_max_position_embeddings":32,"rope_scaling":{"type":"longrope","short_factor":[1,1,1,1],"long_factor":[2,2,2,2]},"sliding_window":16,"partial_rotary_factor":1.0}""";
    private const string Gemma =
        """{"model_type":"gemma3","text_config":{"model_type":"gemma3_text","hidden_size":64,"intermediate_size":128,"num_hidden_layers":4,"layer_types":["sliding_attention","full_attention","sliding_attention","full_attention"],"sliding_window":8,"query_pre_attn_scalar":256,"final_logit_softcapping":null},"eos_token_id":1}""";
    private const string Adapter =
        """{"peft_type":"LORA","task_type":"CAUSAL_LM","base_model_name_or_path":"org/base","r":8,"lora_alpha":16,"lora_dropout":0.05,"target_modules":["q_proj","v_proj"],"bias":"none","use_rslora":false,"use_dora":false,"rank_pattern":{},"init_lora_weights":true}""";
    private const string AdapterOfOne = """{"peft_type":"LORA","r":1,"lora_alpha":2,"target_modules":["q_proj"]}""";
    private const string AdapterHeader =
        """{"base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight":{"dtype":"F32","shape":[1,4],"data_offsets":[0,16]},"base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight":{"dtype":"BF16","shape":[1,1],"data_offsets":[16,18]}}""";
    private const string TokenizerConfig =
        """{"bos_token":{"content":"<s>"},"eos_token":"</s>","chat_template":[{"name":"default","template":"{% for m in messages %}{{ m.content }}{% endfor %}"},{"name":"tool_use","template":"{{ tools | tojson }}"}]}""";
    private const string Index = """{"metadata":{"total_size":10},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}""";

    private static readonly Lazy<DecoderConfig> Base = new(() => DecoderConfig.Load(Path.GetDirectoryName(Scratch.Write("config.json", Encoding.UTF8.GetBytes(Llama)))!));

    private static readonly string[] ConfigWords =
    [
        "num_hidden_layers", "head_dim", "hidden_size", "vocab_size", "rope_scaling", "rope_type", "yarn", "linear", "longrope", "factor", "short_factor", "layer_types", "sliding_window", "qwen2",
        "qwen3", "mistral", "gemma2", "eos_token_id", "use_sliding_window", "max_window_layers", "rope_parameters", "text_config",
    ];

    private static readonly string[] TokenizerWords =
    [
        "added_tokens", "pre_tokenizer", "normalizer", "decoder", "model", "merges", "vocab", "byte_fallback", "Sequence", "Split", "Regex", "pattern", "ByteLevel", "Metaspace", "Replace", "Prepend",
        "BPE", "\\p{L}+", "(?i:'s)", "(a+)+$", "[^\\s]", "(?!x)", "<unk>", "\u2581",
    ];

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new FuzzTarget("safetensors", [Packed(Encoding.UTF8.GetBytes(Header))], Safetensors) { Words = ["dtype", "F32", "shape", "data_offsets"] },
        new FuzzTarget("safetensors-header", [Encoding.UTF8.GetBytes(Header)], input => Safetensors(Packed(input))) { Words = ["dtype", "F32", "BF16", "shape", "data_offsets", "__metadata__"] },
        new FuzzTarget("safetensors-index", [Encoding.UTF8.GetBytes(Index)], input => WeightFiles.ReadIndex(Scratch.Write("index.json", input))) { Words = ["weight_map", "../x", "/etc/passwd", "model.safetensors"] },
        new FuzzTarget("gguf", [GgufBytes.Whole], input => GgufFile.Open(Scratch.Write("model.gguf", input)).Dispose()) { Words = ["general.alignment", "GGUF"] },
        // A table of ids up to the highest that is allowed is 128 MB.
        new FuzzTarget("tokenizer-json", [TinyText.TokenizerJson], ReadTokenizer) { Words = TokenizerWords, Bytes = 600L << 20 },
        new FuzzTarget("config-json", [.. new[] { Llama, Phi, Gemma }.Select(Encoding.UTF8.GetBytes)], ReadConfig) { Words = ConfigWords, Bytes = 256L << 20 },
        new FuzzTarget("adapter-config", [Encoding.UTF8.GetBytes(Adapter)], input => PeftConfig.Parse(input)) { Words = ["target_modules", "all-linear", "r", "rank_pattern", "alpha_pattern", "modules_to_save"] },
        new FuzzTarget("adapter-weights", [Encoding.UTF8.GetBytes(AdapterHeader)], input => CheckAdapter(Packed(input)))
        {
            Words = ["base_model.model.", "model.language_model.", "layers.0.", "self_attn.q_proj", ".lora_A.weight", ".lora_B.weight", ".lora_magnitude_vector", "F32", "BF16", "I8", "shape", "data_offsets"],
        },
        new FuzzTarget("tokenizer-config", [Encoding.UTF8.GetBytes(TokenizerConfig)], input => ChatTemplate.Load(Path.GetDirectoryName(Scratch.Write("tokenizer_config.json", input))!)) { Words = ["chat_template", "template", "default", "name"] },
    ];

    /// <summary>A file of that header and eighteen bytes of data.</summary>
    private static byte[] Packed(byte[] header)
    {
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        return [.. length, .. header, .. new byte[18]];
    }

    private static void Safetensors(byte[] input) => SafetensorsFile.Open(Scratch.Write("model.safetensors", input)).Dispose();

    private static void CheckAdapter(byte[] weights)
    {
        var folder = Path.GetDirectoryName(Scratch.Write("adapter_model.safetensors", weights))!;
        File.WriteAllText(Path.Combine(folder, PeftAdapter.ConfigFile), AdapterOfOne);
        PeftAdapter.Check(folder, Base.Value);
    }

    private static void ReadTokenizer(byte[] input)
    {
        var tokenizer = Tokenizer.Load(Scratch.Write("tokenizer.json", input));
        _ = tokenizer.Decode(tokenizer.Encode("The parcel, 12 of 345: café \U0001F600\u0000<|im_end|>", parseSpecial: true));
    }

    private static void ReadConfig(byte[] input)
    {
        var config = DecoderConfig.Load(Path.GetDirectoryName(Scratch.Write("config.json", input))!);
        _ = config.WeightShapes();
    }
}
