using System.Text.Json.Nodes;
using Serverless.Learning.Formats;
using Serverless.Learning.Models;
using Serverless.Learning.Tests.Models;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Formats.Gguf;

/// <summary>Model folders of every family that GGUF knows.</summary>
internal static class GgufFamily
{
    /// <summary>The family's golden configuration, with the tiny model's vocabulary and what GGUF means by the family; random weights.</summary>
    /// <param name="folder">The tiny model's, whose configuration and weights are replaced.</param>
    public static Dictionary<string, Tensor> Write(string folder, string family, Action<JsonObject>? change = null)
    {
        var config = JsonNode.Parse(FamilyGolden.Of(family).GetProperty("config").GetRawText())!.AsObject();
        config["vocab_size"] = 300;
        if (family.StartsWith("gemma", StringComparison.Ordinal)) config["query_pre_attn_scalar"] = 16;
        if (family == "gemma3")
        {
            config.Remove("sliding_window_pattern");
            config["num_hidden_layers"] = 7;
        }
        change?.Invoke(config);
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());
        var shapes = DecoderConfig.Load(folder).WeightShapes();
        var weights = shapes.Select((shape, number) => (shape.Key, Value: FamilyGolden.Draw(number, shape.Value, 0.25))).ToDictionary(pair => pair.Key, pair => pair.Value);
        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), weights, new Dictionary<string, string>());
        return weights;
    }
}
