using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Learning.Formats;
using Serverless.Learning.Models;
using Serverless.Learning.Text;
using TorchSharp;

namespace Serverless.Learning.Pretraining;

/// <summary>Writes a freshly trained decoder beside its tokenizer.json as a Hugging Face folder: Llama's config, bfloat16 weights, a ChatML template.</summary>
public static class PretrainedFolder
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private const string ChatMl =
        "{%- for message in messages %}{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}{%- endfor %}"
        + "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}";

    public static void Write(string folder, DecoderConfig config, Tokenizer tokenizer, IEnumerable<Weight> weights)
    {
        Directory.CreateDirectory(folder);
        var endId = tokenizer.IdOf("<|endoftext|>")!.Value;
        WriteJson(folder, "config.json", new JsonObject
        {
            ["architectures"] = new JsonArray("LlamaForCausalLM"),
            ["model_type"] = "llama",
            ["vocab_size"] = config.VocabularySize,
            ["hidden_size"] = config.Width,
            ["intermediate_size"] = config.InnerWidth,
            ["num_hidden_layers"] = config.Layers,
            ["num_attention_heads"] = config.Heads,
            ["num_key_value_heads"] = config.KeyValueHeads,
            ["head_dim"] = config.HeadSize,
            ["hidden_act"] = "silu",
            ["rms_norm_eps"] = config.NormEpsilon,
            ["rope_theta"] = config.Rotary.Base,
            ["rope_scaling"] = null,
            ["max_position_embeddings"] = config.MaxLength,
            ["tie_word_embeddings"] = config.TiedHead,
            ["attention_bias"] = false,
            ["mlp_bias"] = false,
            ["bos_token_id"] = null,
            ["eos_token_id"] = config.EndIds[0],
            ["pad_token_id"] = endId,
            ["torch_dtype"] = "bfloat16",
        });
        WriteJson(folder, "generation_config.json", new JsonObject
        {
            ["eos_token_id"] = new JsonArray(config.EndIds.Select(id => (JsonNode)id).ToArray()),
            ["pad_token_id"] = endId,
        });
        WriteJson(folder, "tokenizer_config.json", new JsonObject
        {
            ["tokenizer_class"] = "PreTrainedTokenizerFast",
            ["bos_token"] = null,
            ["eos_token"] = "<|im_end|>",
            ["pad_token"] = "<|endoftext|>",
            ["clean_up_tokenization_spaces"] = false,
            ["model_max_length"] = config.MaxLength,
            ["chat_template"] = ChatMl,
        });
        using var scope = torch.NewDisposeScope();
        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"),
            weights.Select(weight => KeyValuePair.Create(weight.Name, weight.Value.detach().to(torch.ScalarType.BFloat16))),
            new Dictionary<string, string> { ["format"] = "pt" });
    }

    private static void WriteJson(string folder, string name, JsonObject content) =>
        File.WriteAllText(Path.Combine(folder, name), content.ToJsonString(Indented) + "\n");
}
