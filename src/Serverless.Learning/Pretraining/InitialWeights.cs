using Serverless.Learning.Models;
using Serverless.Learning.Randomness;
using static TorchSharp.torch;

namespace Serverless.Learning.Pretraining;

/// <summary>
/// Random weights to pre-train from: normal with deviation 0.02, those that end a block's branch divided by sqrt(2 layers)
/// (Radford et al., "Language Models are Unsupervised Multitask Learners", section 2.3); norms are one.
/// </summary>
public static class InitialWeights
{
    private const double Deviation = 0.02;

    /// <returns>float32 tensors by name, owned by the caller.</returns>
    public static Dictionary<string, Tensor> Draw(DecoderConfig config, long seed) => config.WeightShapes().ToDictionary(
        shape => shape.Key, shape => DrawOne(config, shape.Key, shape.Value, seed).DetachFromDisposeScope());

    private static Tensor DrawOne(DecoderConfig config, string name, long[] shape, long seed)
    {
        if (shape.Length == 1) return ones(shape);
        var endsBranch = name.EndsWith("o_proj.weight", StringComparison.Ordinal) || name.EndsWith("down_proj.weight", StringComparison.Ordinal);
        return Normal(shape, endsBranch ? Deviation / Math.Sqrt(2.0 * config.Layers) : Deviation, new Philox(seed, 0, ModuleKey.Of(name)));
    }

    /// <summary>Normal values by Box and Muller from a counter-based generator; float32, owned by the caller's dispose scope.</summary>
    internal static Tensor Normal(long[] shape, double deviation, Philox philox)
    {
        var values = new float[shape.Aggregate(1L, (product, size) => product * size)];
        for (var index = 0; index < values.Length; index++)
        {
            var radius = Math.Sqrt(-2 * Math.Log(1 - philox.Double(2 * (ulong)index)));
            values[index] = (float)(deviation * radius * Math.Cos(2 * Math.PI * philox.Double(2 * (ulong)index + 1)));
        }
        return tensor(values, shape);
    }
}
