using Serverless.Learning.Formats;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Formats;

/// <summary>Adapters as PEFT writes them.</summary>
internal static class PeftFiles
{
    /// <summary>As PEFT 0.17 writes it, with the defaults of that version.</summary>
    public const string WrittenElsewhere =
        """
        {
          "alpha_pattern": {},
          "auto_mapping": null,
          "base_model_name_or_path": "Qwen/Qwen2.5-0.5B-Instruct",
          "bias": "none",
          "corda_config": null,
          "eva_config": null,
          "exclude_modules": null,
          "fan_in_fan_out": false,
          "inference_mode": true,
          "init_lora_weights": true,
          "layer_replication": null,
          "layers_pattern": null,
          "layers_to_transform": null,
          "loftq_config": {},
          "lora_alpha": 16,
          "lora_bias": false,
          "lora_dropout": 0.05,
          "megatron_config": null,
          "megatron_core": "megatron.core",
          "modules_to_save": null,
          "peft_type": "LORA",
          "qalora_group_size": 16,
          "r": 2,
          "rank_pattern": {},
          "revision": null,
          "target_modules": [
            "v_proj",
            "q_proj"
          ],
          "target_parameters": null,
          "task_type": "CAUSAL_LM",
          "trainable_token_indices": null,
          "use_dora": false,
          "use_qalora": false,
          "use_rslora": false
        }
        """;

    public static Dictionary<string, Tensor> Pair(string module, int rank) => new()
    {
        [module + ".lora_A"] = rand(rank, 3),
        [module + ".lora_B"] = rand(4, rank),
    };

    public static void WriteElsewhere(TemporaryFolder folder, string config, params (string Name, Tensor Tensor)[] tensors)
    {
        File.WriteAllText(folder["adapter_config.json"], config);
        SafetensorsWriter.Write(folder["adapter_model.safetensors"], tensors.Select(entry => KeyValuePair.Create(entry.Name, entry.Tensor)));
    }
}
