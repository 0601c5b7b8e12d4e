using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Learning.Formats;

namespace Serverless.Learning.Models;

/// <summary>
/// Makes a smaller model by taking layers out of a larger one: the first and the last stay, and those between them at even distances
/// (DistilBERT begins its student so, arXiv 1910.01108, section 3). It knows little until it is trained.
/// </summary>
public static class LayerSelection
{
    private const string ConfigFile = "config.json";
    private const string CountKey = "num_hidden_layers";
    private const string LayerPrefix = "model.layers.";

    /// <summary>Writes the folder of the smaller model; it appears whole, replacing one that exists.</summary>
    /// <param name="layers">How many stay: from 1 to one less than the source has.</param>
    /// <exception cref="InputError">The source cannot be read, has no such number of layers, or describes each layer apart.</exception>
    public static void Write(string sourceFolder, string targetFolder, int layers)
    {
        var config = DecoderConfig.Load(sourceFolder);
        if (layers < 1 || layers >= config.Layers)
            throw new InputError($"layers: found {layers}; allowed: 1 to {config.Layers - 1}, of the {config.Layers} of {Path.GetFileName(sourceFolder)}", "layers");
        if (ConfigOf(sourceFolder).ContainsKey("layer_types"))
            throw new InputError($"{ConfigFile}, layer_types: found a list; allowed: a model whose layers are all alike", "layers");
        var kept = Kept(config.Layers, layers).Index().ToDictionary(entry => entry.Item, entry => entry.Index);
        using var weights = WeightFiles.Open(sourceFolder);
        var pending = weights.Tensors.Where(tensor => LayerOf(tensor.Name) is not { } layer || kept.ContainsKey(layer))
            .Select(tensor => new PendingTensor(Renamed(tensor.Name, kept), tensor.Shape, tensor.Dtype, () => weights.Read(tensor.Name))).ToList();
        var unfinished = $"{Path.GetFullPath(targetFolder).TrimEnd(Path.DirectorySeparatorChar)}.{Guid.NewGuid():N}.tmp";
        ModelFolder.WriteMerged(sourceFolder, unfinished, pending, pending[0].Dtype);
        var written = ConfigOf(unfinished);
        written[CountKey] = layers;
        File.WriteAllText(Path.Combine(unfinished, ConfigFile), written.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
        if (Directory.Exists(targetFolder))
            Directory.Delete(targetFolder, recursive: true);
        Directory.Move(unfinished, targetFolder);
    }

    /// <summary>The layers that stay, in their order.</summary>
    internal static IReadOnlyList<int> Kept(int of, int layers) => layers == 1
        ? [0]
        : [.. Enumerable.Range(0, layers).Select(layer => (int)Math.Round(layer * (of - 1) / (layers - 1.0), MidpointRounding.AwayFromZero))];

    private static JsonObject ConfigOf(string folder) => JsonNode.Parse(File.ReadAllBytes(Path.Combine(folder, ConfigFile)))!.AsObject();

    private static int? LayerOf(string name) => name.StartsWith(LayerPrefix, StringComparison.Ordinal)
        ? int.Parse(name[LayerPrefix.Length..].Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture)
        : null;

    private static string Renamed(string name, Dictionary<int, int> places)
    {
        if (LayerOf(name) is not { } layer)
            return name;
        var rest = name[(LayerPrefix.Length + layer.ToString(CultureInfo.InvariantCulture).Length)..];
        return string.Create(CultureInfo.InvariantCulture, $"{LayerPrefix}{places[layer]}{rest}");
    }
}
