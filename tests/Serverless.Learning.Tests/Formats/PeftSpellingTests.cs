using Serverless.Learning.Adapters;
using Serverless.Learning.Formats;
using Serverless.Learning.Native;
using TorchSharp;
using static Serverless.Learning.Tests.Formats.PeftFiles;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Formats;

/// <summary>The modules of a text model have other names in PEFT's files where the model sees as well (transformers, models/gemma3).</summary>
public sealed class PeftSpellingTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly DisposeScope scope;

    public PeftSpellingTests()
    {
        NativeRuntime.EnsureLoaded();
        scope = NewDisposeScope();
    }

    [Theory]
    [InlineData("language_model.model.layers")]
    [InlineData("model.language_model.layers")]
    public void An_adapter_of_a_text_model_beside_sight_is_loaded_under_the_names_of_the_text_model_alone(string spelled)
    {
        WriteElsewhere(folder, WrittenElsewhere.Replace("\"v_proj\"", $"\"{spelled}.0.mlp.up_proj\"", StringComparison.Ordinal),
            ($"base_model.model.{spelled}.0.self_attn.q_proj.lora_A.weight", ones(2, 3)), ($"base_model.model.{spelled}.0.self_attn.q_proj.lora_B.weight", ones(4, 2)),
            ($"base_model.model.{spelled}.0.mlp.up_proj.lora_A.weight", ones(2, 3)), ($"base_model.model.{spelled}.0.mlp.up_proj.lora_B.weight", ones(4, 2)));

        var (options, tensors) = PeftAdapter.Load(folder.Path);
        Assert.Equal(["model.layers.0.mlp.up_proj", "q_proj"], options.TargetModules);
        Assert.Equal(
            ["model.layers.0.mlp.up_proj.lora_A", "model.layers.0.mlp.up_proj.lora_B", "model.layers.0.self_attn.q_proj.lora_A", "model.layers.0.self_attn.q_proj.lora_B"],
            tensors.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(TextModelSpelling.Alone, "model.layers")]
    [InlineData(TextModelSpelling.Older, "language_model.model.layers")]
    [InlineData(TextModelSpelling.Newer, "model.language_model.layers")]
    public void An_adapter_is_written_in_the_spelling_of_its_base_and_loaded_again(TextModelSpelling spelling, string spelled)
    {
        var options = new AdapterOptions { Rank = 2, WeightDecomposed = true, TargetModules = ["model.layers.0.mlp.up_proj", "q_proj"] };
        var tensors = Pair("model.layers.0.mlp.up_proj", 2).Concat(Pair("model.layers.0.self_attn.q_proj", 2)).ToDictionary();
        tensors.Add("model.layers.0.mlp.up_proj.lora_magnitude_vector", rand(4));
        tensors.Add("model.layers.0.self_attn.q_proj.lora_magnitude_vector", rand(4));
        PeftAdapter.Save(folder.Path, options, "base", tensors, spelling: spelling);

        using (var file = SafetensorsFile.Open(folder["adapter_model.safetensors"]))
            Assert.All(file.Tensors.Keys, name => Assert.StartsWith($"base_model.model.{spelled}.0.", name));
        Assert.Contains($"\"{spelled}.0.mlp.up_proj\"", File.ReadAllText(folder["adapter_config.json"]), StringComparison.Ordinal);
        var (loaded, loadedTensors) = PeftAdapter.Load(folder.Path);
        Assert.Equal(options.TargetModules, loaded.TargetModules);
        Assert.Equal(tensors.Keys.Order(StringComparer.Ordinal), loadedTensors.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_module_that_stands_there_in_two_spellings_is_named()
    {
        (string, Tensor)[] Pair(string name) => [($"base_model.model.{name}.q_proj.lora_A.weight", ones(2, 3)), ($"base_model.model.{name}.q_proj.lora_B.weight", ones(4, 2))];
        WriteElsewhere(folder, WrittenElsewhere, [.. Pair("model.layers.0"), .. Pair("model.language_model.layers.0")]);
        Assert.Equal(
            """
            adapter_model.safetensors, tensor "base_model.model.model.layers.0.q_proj.lora_A.weight": stands there under another spelling as well, "base_model.model.model.language_model.layers.0.q_proj.lora_A.weight"
            adapter_model.safetensors, tensor "base_model.model.model.layers.0.q_proj.lora_B.weight": stands there under another spelling as well, "base_model.model.model.language_model.layers.0.q_proj.lora_B.weight"
            """,
            Assert.Throws<InputError>(() => PeftAdapter.Load(folder.Path)).Message);
    }

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }
}
