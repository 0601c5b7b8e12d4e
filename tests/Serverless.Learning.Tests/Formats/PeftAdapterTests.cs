using Serverless.Learning.Adapters;
using Serverless.Learning.Formats;
using Serverless.Learning.Native;
using TorchSharp;
using static Serverless.Learning.Tests.Formats.PeftFiles;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Formats;

/// <summary>Names and values follow PEFT's own source (huggingface/peft, src/peft/tuners/lora/config.py and utils/save_and_load.py).</summary>
public sealed class PeftAdapterTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly DisposeScope scope;

    public PeftAdapterTests()
    {
        NativeRuntime.EnsureLoaded();
        scope = NewDisposeScope();
    }

    [Fact]
    public void The_configuration_is_written_with_the_names_and_the_order_of_PEFT()
    {
        var options = new AdapterOptions { Rank = 2, Alpha = 4, Dropout = 0.1, TargetModules = ["v_proj", "q_proj"] };
        PeftAdapter.Save(folder.Path, options, "sample-8m", Pair("model.layers.0.self_attn.q_proj", 2));
        Assert.Equal(
            """
            {
              "alpha_pattern": {},
              "auto_mapping": null,
              "base_model_name_or_path": "sample-8m",
              "bias": "none",
              "fan_in_fan_out": false,
              "inference_mode": true,
              "init_lora_weights": true,
              "layers_pattern": null,
              "layers_to_transform": null,
              "lora_alpha": 4,
              "lora_dropout": 0.1,
              "modules_to_save": null,
              "peft_type": "LORA",
              "r": 2,
              "rank_pattern": {},
              "revision": null,
              "target_modules": [
                "q_proj",
                "v_proj"
              ],
              "task_type": "CAUSAL_LM",
              "use_dora": false,
              "use_rslora": false
            }

            """,
            File.ReadAllText(folder["adapter_config.json"]));
    }

    [Fact]
    public void Tensors_are_written_under_the_names_of_PEFT()
    {
        PeftAdapter.Save(folder.Path, new AdapterOptions { Rank = 2 }, "base", Pair("model.layers.0.self_attn.q_proj", 2));
        using var file = SafetensorsFile.Open(folder["adapter_model.safetensors"]);
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal([2L, 3L], file.Tensors["base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"].Shape);
        Assert.Equal([4L, 2L], file.Tensors["base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight"].Shape);
        Assert.Equal(2, file.Tensors.Count);
    }

    [Fact]
    public void All_linear_is_written_as_the_names_it_stood_for()
    {
        var tensors = Pair("model.layers.0.mlp.up_proj", 2).Concat(Pair("model.layers.0.self_attn.q_proj", 2))
            .Concat(Pair("model.layers.1.mlp.up_proj", 2)).ToDictionary();
        PeftAdapter.Save(folder.Path, new AdapterOptions { Rank = 2 }, "base", tensors);
        Assert.Equal(["q_proj", "up_proj"], PeftAdapter.Load(folder.Path).Options.TargetModules);
    }

    [Fact]
    public void What_is_saved_is_loaded_again_to_the_bit()
    {
        var options = new AdapterOptions { Rank = 3, Alpha = 4.5, Dropout = 0.25, RankStabilized = true, TargetModules = ["k_proj", "q_proj"] };
        var tensors = Pair("model.layers.0.self_attn.q_proj", 3).Concat(Pair("model.layers.11.self_attn.k_proj", 3)).ToDictionary();
        PeftAdapter.Save(folder.Path, options, "base", tensors);

        var (loaded, loadedTensors) = PeftAdapter.Load(folder.Path);
        Assert.Equal(options with { TargetModules = loaded.TargetModules }, loaded);
        Assert.Equal(options.TargetModules, loaded.TargetModules);
        Assert.Equal(tensors.Keys.Order(StringComparer.Ordinal), loadedTensors.Keys.Order(StringComparer.Ordinal));
        Assert.All(tensors, entry => Assert.Equal(entry.Value.data<float>().ToArray(), loadedTensors[entry.Key].data<float>().ToArray()));
    }

    [Fact]
    public void Magnitudes_are_written_under_the_name_of_PEFT_and_loaded_again()
    {
        var options = new AdapterOptions { Kind = AdapterKind.Qlora, Rank = 2, WeightDecomposed = true, TargetModules = ["q_proj"] };
        var tensors = Pair("model.layers.0.self_attn.q_proj", 2);
        tensors.Add("model.layers.0.self_attn.q_proj.lora_magnitude_vector", rand(4));
        PeftAdapter.Save(folder.Path, options, "base", tensors);

        using (var file = SafetensorsFile.Open(folder["adapter_model.safetensors"]))
            Assert.Equal([4L], file.Tensors["base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector"].Shape);
        var (loaded, loadedTensors) = PeftAdapter.Load(folder.Path);
        Assert.Equal((AdapterKind.Lora, true), (loaded.Kind, loaded.WeightDecomposed));
        Assert.All(tensors, entry => Assert.Equal(entry.Value.data<float>().ToArray(), loadedTensors[entry.Key].data<float>().ToArray()));
    }

    [Fact]
    public void Magnitudes_stand_there_with_use_dora_and_only_with_it()
    {
        (string, Tensor)[] pair =
        [
            ("base_model.model.m.q_proj.lora_A.weight", ones(2, 3)), ("base_model.model.m.q_proj.lora_B.weight", ones(4, 2)),
        ];
        WriteElsewhere(folder, WrittenElsewhere.Replace("\"use_dora\": false", "\"use_dora\": true", StringComparison.Ordinal), pair);
        Assert.Equal(
            "adapter_model.safetensors, module \"m.q_proj\": lora_magnitude_vector is missing; use_dora asks for it",
            Assert.Throws<InputError>(() => PeftAdapter.Load(folder.Path)).Message);
        WriteElsewhere(folder, WrittenElsewhere, [.. pair, ("base_model.model.m.q_proj.lora_magnitude_vector", ones(4))]);
        Assert.Equal(
            "adapter_model.safetensors, module \"m.q_proj\": found lora_magnitude_vector; allowed: only with use_dora",
            Assert.Throws<InputError>(() => PeftAdapter.Load(folder.Path)).Message);
    }

    [Fact]
    public void An_adapter_trained_elsewhere_in_bfloat16_is_loaded()
    {
        WriteElsewhere(folder, WrittenElsewhere,
            ("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", ones(2, 3).to(ScalarType.BFloat16)),
            ("base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight", full([4, 2], 0.5f).to(ScalarType.BFloat16)));

        var (options, tensors) = PeftAdapter.Load(folder.Path);
        Assert.Equal((2, 16.0, 0.05, 8.0, false), (options.Rank, options.Alpha, options.Dropout, options.Scaling, options.RankStabilized));
        Assert.Equal(["q_proj", "v_proj"], options.TargetModules);
        Assert.Equal(ScalarType.Float32, tensors["model.layers.0.self_attn.q_proj.lora_B"].dtype);
        Assert.Equal(4f, tensors["model.layers.0.self_attn.q_proj.lora_B"].sum().item<float>());
    }

    [Fact]
    public void A_base_of_the_hub_is_written_with_its_commit()
    {
        PeftAdapter.Save(folder.Path, new AdapterOptions { Rank = 2 }, "org/model", Pair("model.layers.0.self_attn.q_proj", 2), "0123456789abcdef0123456789abcdef01234567");
        var config = File.ReadAllText(folder["adapter_config.json"]);
        Assert.Contains("\"base_model_name_or_path\": \"org/model\"", config, StringComparison.Ordinal);
        Assert.Contains("\"revision\": \"0123456789abcdef0123456789abcdef01234567\"", config, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"peft_type\": \"LORA\"", "\"peft_type\": \"LOHA\"", "peft_type: found \"LOHA\"; allowed: \"LORA\"")]
    [InlineData("\"CAUSAL_LM\"", "\"SEQ_CLS\"", "task_type: found \"SEQ_CLS\"; allowed: \"CAUSAL_LM\"")]
    [InlineData("\"bias\": \"none\"", "\"bias\": \"all\"", "bias: found \"all\"; allowed: \"none\"")]
    [InlineData("\"modules_to_save\": null", "\"modules_to_save\": [\"lm_head\"]", "modules_to_save: found [\"lm_head\"]; this option is not supported")]
    [InlineData("\"rank_pattern\": {}", "\"rank_pattern\": {\"q_proj\": 4}", "rank_pattern: found {\"q_proj\": 4}; this option is not supported")]
    [InlineData("\"alpha_pattern\": {}", "\"alpha_pattern\": {\"q_proj\": 4}", "alpha_pattern: found {\"q_proj\": 4}; this option is not supported")]
    [InlineData("\"use_dora\": false", "\"use_dora\": null", "use_dora: found null; allowed: true or false")]
    [InlineData("\"lora_bias\": false", "\"lora_bias\": true", "lora_bias: found true; this option is not supported")]
    [InlineData("\"layer_replication\": null", "\"layer_replication\": [[0, 4], [2, 5]]", "layer_replication: found [[0, 4], [2, 5]]; this option is not supported")]
    [InlineData("\"target_parameters\": null", "\"target_parameters\": [\"experts\"]", "target_parameters: found [\"experts\"]; this option is not supported")]
    [InlineData("\"exclude_modules\": null", "\"exclude_modules\": \".*5.*\"", "exclude_modules: found \".*5.*\"; this option is not supported")]
    [InlineData("\"fan_in_fan_out\": false", "\"fan_in_fan_out\": true", "fan_in_fan_out: found true; this option is not supported")]
    [InlineData("\"layers_to_transform\": null", "\"layers_to_transform\": 3", "layers_to_transform: found 3; this option is not supported")]
    [InlineData("\"use_qalora\": false", "\"brand_new\": \"x\"", "brand_new: found \"x\"; this option is not supported")]
    [InlineData("\"init_lora_weights\": true", "\"init_lora_weights\": \"pissa\"",
        "init_lora_weights: found \"pissa\"; allowed: true, false, \"gaussian\", \"eva\", \"orthogonal\" (the others change the base weights too)")]
    [InlineData("\"r\": 2", "\"r\": 0", "r: found 0; allowed: a whole number from 1")]
    [InlineData("\"r\": 2", "\"r\": 2.5", "r: found 2.5; allowed: a whole number from 1")]
    [InlineData("\"r\": 2,", "", "r: missing; allowed: a whole number from 1")]
    [InlineData("\"lora_alpha\": 16", "\"lora_alpha\": \"16\"", "lora_alpha: found \"16\"; allowed: a number above 0")]
    [InlineData("\"lora_dropout\": 0.05", "\"lora_dropout\": 1.0", "lora_dropout: found 1.0; allowed: a number from 0 and below 1")]
    [InlineData("\"use_rslora\": false", "\"use_rslora\": 1", "use_rslora: found 1; allowed: true or false")]
    [InlineData("\"v_proj\",", "7,", "target_modules: found [\n    7,\n    \"q_proj\"\n  ]; allowed: a list of module names or \"all-linear\"")]
    public void An_option_that_cannot_be_honoured_is_refused_by_name(string written, string changed, string finding)
    {
        WriteElsewhere(folder, WrittenElsewhere.Replace(written, changed, StringComparison.Ordinal));
        var fault = Assert.Throws<InputError>(() => PeftAdapter.Load(folder.Path));
        Assert.Equal($"adapter_config.json, {finding}", fault.Message);
    }

    [Fact]
    public void Several_unsupported_options_are_named_together()
    {
        WriteElsewhere(folder, WrittenElsewhere.Replace("\"fan_in_fan_out\": false", "\"fan_in_fan_out\": true", StringComparison.Ordinal)
            .Replace("\"bias\": \"none\"", "\"bias\": \"lora_only\"", StringComparison.Ordinal));
        var fault = Assert.Throws<InputError>(() => PeftAdapter.Load(folder.Path));
        Assert.Equal(
            "adapter_config.json, bias: found \"lora_only\"; allowed: \"none\"\nadapter_config.json, fan_in_fan_out: found true; this option is not supported",
            fault.Message);
    }

    [Theory]
    [InlineData("[]", "adapter_config.json: found []; allowed: a JSON object")]
    public void A_configuration_of_another_shape_is_refused(string config, string message)
    {
        WriteElsewhere(folder, config);
        Assert.Equal(message, Assert.Throws<InputError>(() => PeftAdapter.Load(folder.Path)).Message);
    }

    [Fact]
    public void Missing_files_are_named()
    {
        Assert.Equal($"adapter_config.json: no such file in {folder.Path}", Assert.Throws<InputError>(() => PeftAdapter.Load(folder.Path)).Message);
        File.WriteAllText(folder["adapter_config.json"], WrittenElsewhere);
        Assert.Equal($"adapter_model.safetensors: no such file in {folder.Path}", Assert.Throws<InputError>(() => PeftAdapter.Load(folder.Path)).Message);
    }

    [Fact]
    public void Tensors_that_do_not_fit_the_options_are_all_listed()
    {
        WriteElsewhere(folder, WrittenElsewhere,
            ("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", ones(4, 3)),
            ("base_model.model.model.layers.0.mlp.up_proj.lora_A.weight", ones(2, 3)),
            ("base_model.model.model.layers.0.mlp.up_proj.lora_B.weight", ones(3)));
        var fault = Assert.Throws<InputError>(() => PeftAdapter.Load(folder.Path));
        Assert.Equal(
            """
            adapter_model.safetensors, module "model.layers.0.mlp.up_proj": lora_B has shape [3]; r = 2 asks for [out, 2]
            adapter_model.safetensors, module "model.layers.0.mlp.up_proj" is not one of target_modules (q_proj, v_proj)
            adapter_model.safetensors, module "model.layers.0.self_attn.q_proj": lora_A has shape [4, 3]; r = 2 asks for [2, in]
            adapter_model.safetensors, module "model.layers.0.self_attn.q_proj": lora_B is missing
            """,
            fault.Message);
    }

    [Fact]
    public void Tensors_of_other_kinds_are_named()
    {
        WriteElsewhere(folder, WrittenElsewhere,
            ("base_model.model.lm_head.weight", ones(2, 3)),
            ("base_model.model.a.lora_A.weight", tensor(new long[] { 1 })));
        Assert.Equal(
            """
            adapter_model.safetensors, tensor "base_model.model.a.lora_A.weight": found dtype I64; allowed: F64, F32, F16, BF16
            adapter_model.safetensors, tensor "base_model.model.lm_head.weight": allowed: base_model.model.<module> with .lora_A.weight, .lora_B.weight or .lora_magnitude_vector
            """,
            Assert.Throws<InputError>(() => PeftAdapter.Load(folder.Path)).Message);
    }

    [Fact]
    public void An_adapter_without_tensors_is_refused()
    {
        WriteElsewhere(folder, WrittenElsewhere);
        Assert.Equal(
            "adapter_model.safetensors, no tensors; an adapter holds lora_A and lora_B of at least one module",
            Assert.Throws<InputError>(() => PeftAdapter.Load(folder.Path)).Message);
    }

    [Fact]
    public void A_full_fine_tuning_has_no_adapter_to_save() => Assert.Throws<ArgumentException>(
        () => PeftAdapter.Save(folder.Path, new AdapterOptions { Kind = AdapterKind.Full }, "base", new Dictionary<string, Tensor>()));

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }
}
