using System.Globalization;

namespace Serverless.Learning.Models;

/// <summary>Which layers of a model stay in a smaller one, and what their tensors are called there.</summary>
/// <param name="of">Layers of the source.</param>
/// <param name="layers">Layers that stay, from 1 to all.</param>
internal sealed class LayerSelection(int of, int layers)
{
    private const string LayerPrefix = "model.layers.";

    private readonly Dictionary<int, int> places = Kept(of, layers).Index().ToDictionary(entry => entry.Item, entry => entry.Index);

    /// <summary>The layers that stay, in their order: the first and the last, and those between them at even distances.</summary>
    public static IReadOnlyList<int> Kept(int of, int layers) => layers == 1
        ? [0]
        : [.. Enumerable.Range(0, layers).Select(layer => (int)Math.Round(layer * (of - 1) / (layers - 1.0), MidpointRounding.AwayFromZero))];

    /// <summary>Whether a tensor stays: one of a layer that stays, or of none.</summary>
    public bool Keeps(string tensor) => LayerOf(tensor) is not { } layer || places.ContainsKey(layer);

    /// <summary>The name in the smaller model of a tensor that stays.</summary>
    public string NameOf(string tensor)
    {
        if (LayerOf(tensor) is not { } layer)
            return tensor;
        var rest = tensor[(LayerPrefix.Length + layer.ToString(CultureInfo.InvariantCulture).Length)..];
        return string.Create(CultureInfo.InvariantCulture, $"{LayerPrefix}{places[layer]}{rest}");
    }

    private static int? LayerOf(string name) => name.StartsWith(LayerPrefix, StringComparison.Ordinal)
        ? int.Parse(name[LayerPrefix.Length..].Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture)
        : null;
}
