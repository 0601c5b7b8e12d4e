using System.Text.Json;
using Serverless.Learning.Formats;
using Serverless.Learning.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Formats;

public sealed class ModelFolderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly DisposeScope scope;

    public ModelFolderTests()
    {
        NativeRuntime.EnsureLoaded();
        scope = NewDisposeScope();
        Directory.CreateDirectory(folder["source"]);
        WriteSource("config.json", """{"model_type":"llama","torch_dtype":"float32","name":"é"}""");
    }

    [Fact]
    public void Everything_but_weights_card_and_hidden_files_is_copied()
    {
        foreach (var name in new[]
        {
            "tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "generation_config.json", "LICENSE", "merges.txt",
            "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json", "model.gguf", "README.md", ".gitattributes",
        })
            WriteSource(name, "content of " + name);

        ModelFolder.WriteMerged(folder["source"], folder["target"], Weights(), ScalarType.BFloat16);

        Assert.Equal(
            ["LICENSE", "chat_template.jinja", "config.json", "generation_config.json", "merges.txt", "model.safetensors", "tokenizer.json", "tokenizer_config.json"],
            Names("target"));
        Assert.Equal("content of tokenizer.json", File.ReadAllText(folder["target/tokenizer.json"]));
    }

    [Theory]
    [InlineData("""{"a":1}""", "{\n  \"a\": 1,\n  \"torch_dtype\": \"float16\"\n}\n")]
    [InlineData("""{"dtype":"float32","a":"é"}""", "{\n  \"dtype\": \"float16\",\n  \"a\": \"é\"\n}\n")]
    [InlineData("""{"torch_dtype":"float32","text_config":{"torch_dtype":"float32"}}""",
        "{\n  \"torch_dtype\": \"float16\",\n  \"text_config\": {\n    \"torch_dtype\": \"float16\"\n  }\n}\n")]
    public void The_configuration_says_the_new_dtype_and_keeps_the_rest(string source, string expected)
    {
        WriteSource("config.json", source);
        ModelFolder.WriteMerged(folder["source"], folder["target"], Weights(), ScalarType.Float16);
        Assert.Equal(expected, File.ReadAllText(folder["target/config.json"]));
    }

    [Fact]
    public void Weights_that_fit_into_one_file_are_stored_in_the_dtype_asked_for()
    {
        ModelFolder.WriteMerged(folder["source"], folder["target"], Weights(), ScalarType.BFloat16);
        using var file = SafetensorsFile.Open(folder["target/model.safetensors"]);
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.All(file.Tensors.Values, weight => Assert.Equal(ScalarType.BFloat16, weight.Dtype));
    }

    [Fact]
    public void Larger_weights_are_sharded_with_an_index_and_load_again()
    {
        var weights = Weights(); // five of 400 bytes in Float32
        ModelFolder.WriteMerged(folder["source"], folder["target"], weights, ScalarType.Float32, shardBytes: 1024);

        Assert.Equal(
            [
                "config.json", "model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors",
                "model.safetensors.index.json",
            ],
            Names("target"));
        using (var index = JsonDocument.Parse(File.ReadAllBytes(folder["target/model.safetensors.index.json"])))
        {
            Assert.Equal(2000, index.RootElement.GetProperty("metadata").GetProperty("total_size").GetInt64());
            Assert.Equal(
                "w0 model-00001-of-00003.safetensors, w1 model-00001-of-00003.safetensors, w2 model-00002-of-00003.safetensors, " +
                "w3 model-00002-of-00003.safetensors, w4 model-00003-of-00003.safetensors",
                string.Join(", ", index.RootElement.GetProperty("weight_map").EnumerateObject().Select(entry => $"{entry.Name} {entry.Value}")));
        }

        var loaded = ModelWeights.Load(folder["target"], weights.ToDictionary(entry => entry.Key, entry => entry.Value.shape), ScalarType.Float32);
        Assert.All(weights, entry => Assert.Equal(entry.Value.data<float>().ToArray(), loaded[entry.Key].data<float>().ToArray()));
    }

    [Fact]
    public void A_tensor_larger_than_a_shard_has_one_of_its_own()
    {
        ModelFolder.WriteMerged(folder["source"], folder["target"], Weights(), ScalarType.Float32, shardBytes: 10);
        Assert.Equal(5, Names("target").Count(name => name.EndsWith("-of-00005.safetensors", StringComparison.Ordinal)));
    }

    [Fact]
    public void An_existing_target_is_replaced_whole()
    {
        Directory.CreateDirectory(folder["target"]);
        File.WriteAllText(folder["target/stale.txt"], "old");
        ModelFolder.WriteMerged(folder["source"], folder["target"], Weights(), ScalarType.Float32);
        Assert.Equal(["config.json", "model.safetensors"], Names("target"));
        Assert.Equal(["source", "target"], Names("."));
    }

    [Fact]
    public void A_failure_leaves_the_old_target_and_nothing_else()
    {
        Directory.CreateDirectory(folder["target"]);
        File.WriteAllText(folder["target/old.txt"], "old");
        var weights = Weights();
        weights["w3"].Dispose();
        Assert.ThrowsAny<Exception>(() => ModelFolder.WriteMerged(folder["source"], folder["target"], weights, ScalarType.Float32));
        Assert.Equal(["old.txt"], Names("target"));
        Assert.Equal(["source", "target"], Names("."));
    }

    [Theory]
    [InlineData(null, "config.json: no such file in ")]
    [InlineData("[]", "config.json: allowed: a JSON object")]
    [InlineData("{", "config.json: not JSON: ")]
    public void A_source_without_a_sound_configuration_is_refused(string? config, string message)
    {
        File.Delete(folder["source/config.json"]);
        if (config is not null)
            WriteSource("config.json", config);
        var fault = Assert.Throws<InputError>(() => ModelFolder.WriteMerged(folder["source"], folder["target"], Weights(), ScalarType.Float32));
        Assert.StartsWith(message, fault.Message, StringComparison.Ordinal);
        Assert.Equal(["source"], Names("."));
    }

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }

    private static Dictionary<string, Tensor> Weights() => Enumerable.Range(0, 5).ToDictionary(i => $"w{i}", i => arange(100, dtype: ScalarType.Float32) + i);

    private void WriteSource(string name, string content) => File.WriteAllText(folder[$"source/{name}"], content);

    private string[] Names(string sub) =>
        [.. Directory.EnumerateFileSystemEntries(folder[sub]).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
}
