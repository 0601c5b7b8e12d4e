using Serverless.Learning.Models;

namespace Serverless.Learning.Adapters;

/// <summary>Which tensors an adapter consists of on a given decoder, and whether stored ones are those.</summary>
internal static class AdapterShapes
{
    /// <summary>Names, as in <see cref="LoraAdapter.Tensors"/>, and shapes of everything that an adapter of these options trains.</summary>
    /// <exception cref="InputError">A target module names nothing in this decoder.</exception>
    public static Dictionary<string, long[]> Of(DecoderConfig config, AdapterOptions options)
    {
        var weights = config.WeightShapes();
        var shapes = new Dictionary<string, long[]>(StringComparer.Ordinal);
        foreach (var path in options.TargetsAmong(config.LinearPaths()))
        {
            var (outputs, inputs) = (weights[path + ".weight"][0], weights[path + ".weight"][1]);
            shapes.Add(path + ".lora_A", [options.Rank, inputs]);
            shapes.Add(path + ".lora_B", [outputs, options.Rank]);
            if (options.WeightDecomposed) shapes.Add(path + ".lora_magnitude_vector", [outputs]);
        }
        return shapes;
    }

    /// <exception cref="InputError">A tensor is missing, unexpected or mis-shaped; the first eleven are listed.</exception>
    public static void Check(DecoderConfig config, AdapterOptions options, IReadOnlyDictionary<string, IReadOnlyList<long>> found)
    {
        const int Listed = 11;
        var expected = Of(config, options);
        var faults = found.Keys.Except(expected.Keys)
            .Select(name => $"adapter tensor {name}: found one, but the adapter's target modules have no such place").ToList();
        foreach (var (name, shape) in expected)
        {
            if (!found.TryGetValue(name, out var stored)) faults.Add($"adapter tensor {name}: found none; allowed: [{string.Join(", ", shape)}]");
            else if (!stored.SequenceEqual(shape))
                faults.Add($"adapter tensor {name}: found [{string.Join(", ", stored)}]; allowed: [{string.Join(", ", shape)}]");
        }
        if (faults.Count == 0) return;
        var rest = faults.Count > Listed ? $"\nand {faults.Count - Listed} more" : "";
        throw new InputError(string.Join("\n", faults.Take(Listed)) + rest);
    }
}
