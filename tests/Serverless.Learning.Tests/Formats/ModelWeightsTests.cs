using Serverless.Learning.Formats;
using Serverless.Learning.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Formats;

public sealed class ModelWeightsTests : IDisposable
{
    private static readonly Dictionary<string, long[]> Expected = new() { ["embed.weight"] = [3, 2], ["head.weight"] = [3, 2], ["norm.weight"] = [2] };

    private readonly TemporaryFolder folder = new();
    private readonly DisposeScope scope;

    public ModelWeightsTests()
    {
        NativeRuntime.EnsureLoaded();
        scope = NewDisposeScope();
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float16)]
    public void Weights_of_any_precision_arrive_in_the_one_asked_for(ScalarType stored)
    {
        WriteSingle(ones(3, 2).to(stored), zeros(3, 2).to(stored), tensor([1.5f, -2f]).to(stored));
        var weights = ModelWeights.Load(folder.Path, Expected, ScalarType.Float32);

        Assert.Equal(["embed.weight", "head.weight", "norm.weight"], weights.Keys.Order(StringComparer.Ordinal));
        Assert.All(weights.Values, weight => Assert.Equal(ScalarType.Float32, weight.dtype));
        Assert.Equal([1.5f, -2f], weights["norm.weight"].data<float>().ToArray());
    }

    [Fact]
    public void Shards_are_joined_by_their_index()
    {
        SafetensorsWriter.Write(folder["model-00001-of-00002.safetensors"], [new("embed.weight", ones(3, 2)), new("norm.weight", ones(2))]);
        SafetensorsWriter.Write(folder["model-00002-of-00002.safetensors"], [new("head.weight", full([3, 2], 5f))]);
        WriteIndex("""{"embed.weight":"model-00001-of-00002.safetensors","norm.weight":"model-00001-of-00002.safetensors","head.weight":"model-00002-of-00002.safetensors"}""");

        var weights = ModelWeights.Load(folder.Path, Expected, ScalarType.BFloat16);
        Assert.Equal(30f, weights["head.weight"].to(ScalarType.Float32).sum().item<float>());
    }

    [Fact]
    public void Missing_unexpected_and_misshaped_tensors_are_all_listed_in_one_error()
    {
        SafetensorsWriter.Write(folder["model.safetensors"],
            [new("embed.weight", ones(2, 3)), new("norm.weight", tensor(new long[] { 1, 2 })), new("extra.bias", ones(4)), new("more", ones(1))]);
        var fault = Assert.Throws<InputError>(() => ModelWeights.Load(folder.Path, Expected, ScalarType.Float32));
        Assert.Equal(
            """
            model.safetensors does not fit config.json in 5 places:
              embed.weight: found shape [2, 3]; the configuration asks for [3, 2]
              missing head.weight [3, 2]
              norm.weight: found dtype I64; allowed: F64, F32, F16, BF16
              unexpected "extra.bias" [4]
              unexpected "more" [1]
            """,
            fault.Message);
    }

    [Fact]
    public void More_faults_than_a_reader_can_take_in_are_counted()
    {
        SafetensorsWriter.Write(folder["model.safetensors"], Enumerable.Range(0, 22).Select(i => KeyValuePair.Create($"x{i:00}", ones(1))));
        var fault = Assert.Throws<InputError>(() => ModelWeights.Load(folder.Path, new Dictionary<string, long[]>(), ScalarType.Float32));
        Assert.EndsWith("\n  unexpected \"x19\" [1]\n  and 2 more", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ignorable_names_may_be_absent_or_present()
    {
        SafetensorsWriter.Write(folder["model.safetensors"], [new("embed.weight", ones(3, 2)), new("norm.weight", ones(2)), new("rotary.inv_freq", ones(2))]);
        var ignorable = new HashSet<string> { "head.weight", "rotary.inv_freq" };
        var weights = ModelWeights.Load(folder.Path, Expected, ScalarType.Float32, ignorable);
        Assert.Equal(["embed.weight", "norm.weight"], weights.Keys.Order(StringComparer.Ordinal));

        WriteSingle(ones(3, 2), ones(3, 2), ones(2));
        Assert.True(ModelWeights.Load(folder.Path, Expected, ScalarType.Float32, ignorable).ContainsKey("head.weight"));
    }

    [Fact]
    public void A_present_but_misshaped_ignorable_tensor_is_refused()
    {
        WriteSingle(ones(3, 2), ones(4, 2), ones(2));
        var fault = Assert.Throws<InputError>(
            () => ModelWeights.Load(folder.Path, Expected, ScalarType.Float32, new HashSet<string> { "head.weight" }));
        Assert.EndsWith("in 1 place:\n  head.weight: found shape [4, 2]; the configuration asks for [3, 2]", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_with_weights_of_another_format_is_refused_by_name()
    {
        File.WriteAllText(folder["pytorch_model.bin"], "");
        AssertRefused($"{Path.GetFileName(folder.Path)}: found pytorch_model.bin; allowed: model.safetensors, or model.safetensors.index.json with its shards");
    }

    [Fact]
    public void A_folder_without_weights_is_refused() =>
        AssertRefused($"{Path.GetFileName(folder.Path)}: found no weights; allowed: model.safetensors, or model.safetensors.index.json with its shards");

    [Theory]
    [InlineData("[]", "model.safetensors.index.json: no weight_map; allowed: an object from tensor names to file names")]
    [InlineData("{\"weight_map\":3}", "model.safetensors.index.json: no weight_map; allowed: an object from tensor names to file names")]
    [InlineData("{\"weight_map\":{\"a\":\"../b.safetensors\"}}",
        "model.safetensors.index.json, weight_map, \"a\": found \"../b.safetensors\"; allowed: the name of a .safetensors file in the same folder")]
    [InlineData("{\"weight_map\":{\"a\":\"b.bin\"}}",
        "model.safetensors.index.json, weight_map, \"a\": found \"b.bin\"; allowed: the name of a .safetensors file in the same folder")]
    [InlineData("{\"weight_map\":{\"a\":1}}",
        "model.safetensors.index.json, weight_map, \"a\": found 1; allowed: the name of a .safetensors file in the same folder")]
    public void A_damaged_index_is_refused(string index, string message)
    {
        File.WriteAllText(folder["model.safetensors.index.json"], index);
        AssertRefused(message);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{\"weight_map\":{\"a\":\"b.safetensors\",\"a\":\"b.safetensors\"}}")]
    public void An_index_that_is_not_JSON_or_repeats_a_name_is_refused(string index)
    {
        File.WriteAllText(folder["model.safetensors.index.json"], index);
        var fault = Assert.Throws<InputError>(() => ModelWeights.Load(folder.Path, Expected, ScalarType.Float32));
        Assert.StartsWith("model.safetensors.index.json: not JSON: ", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_shard_is_named()
    {
        WriteIndex("""{"a":"model-00001-of-00001.safetensors"}""");
        AssertRefused($"model-00001-of-00001.safetensors: no such file in {folder.Path}");
    }

    [Fact]
    public void A_tensor_that_its_shard_does_not_hold_is_named()
    {
        SafetensorsWriter.Write(folder["m.safetensors"], [new("b", ones(1))]);
        WriteIndex("""{"a":"m.safetensors"}""");
        AssertRefused("model.safetensors.index.json, weight_map: tensor \"a\" is not in m.safetensors");
    }

    [Fact]
    public void A_tensor_in_two_shards_is_refused()
    {
        SafetensorsWriter.Write(folder["m1.safetensors"], [new("a", ones(1))]);
        SafetensorsWriter.Write(folder["m2.safetensors"], [new("a", ones(1)), new("b", ones(1))]);
        WriteIndex("""{"a":"m1.safetensors","b":"m2.safetensors"}""");
        AssertRefused("m2.safetensors, tensor \"a\": another shard holds a tensor of this name");
    }

    [Fact]
    public void Loading_owns_exactly_the_tensors_it_returns()
    {
        WriteSingle(ones(3, 2).to(ScalarType.Float16), ones(3, 2).to(ScalarType.Float16), ones(2));
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        var weights = ModelWeights.Load(folder.Path, Expected, ScalarType.Float32);
        Assert.Equal(before + 3, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        foreach (var weight in weights.Values)
            weight.Dispose();
    }

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }

    private void WriteSingle(Tensor embed, Tensor head, Tensor norm) => SafetensorsWriter.Write(
        folder["model.safetensors"], [new("embed.weight", embed), new("head.weight", head), new("norm.weight", norm)]);

    private void WriteIndex(string map) =>
        File.WriteAllText(folder["model.safetensors.index.json"], $"{{\"metadata\":{{\"total_size\":1}},\"weight_map\":{map}}}");

    private void AssertRefused(string message) => Assert.Equal(
        message, Assert.Throws<InputError>(() => ModelWeights.Load(folder.Path, Expected, ScalarType.Float32)).Message);
}
