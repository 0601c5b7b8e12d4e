using Serverless.Learning.Kernels;
using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Models;

/// <summary>A decoder's weights by name, as the parts of its layers look them up.</summary>
internal sealed class DecoderWeights(DecoderConfig config, IReadOnlyDictionary<string, Weight> weights)
{
    public DecoderConfig Config { get; } = config;

    /// <summary>The product of a module path, with its bias where it has one.</summary>
    public Linear Product(string path) => new(weights[path + ".weight"], weights.GetValueOrDefault(path + ".bias"));

    /// <summary>The norm of a module path.</summary>
    public Norm NormAt(string path) => new(weights[path + ".weight"], Config);

    /// <summary>The norm of a module path, or null where the family has none.</summary>
    public Norm? FindNorm(string path) => weights.ContainsKey(path + ".weight") ? NormAt(path) : null;
}

/// <summary>RMSNorm with the family's epsilon, and with 1 added to the weight where the family stores it so.</summary>
internal sealed class Norm(Weight weight, DecoderConfig config)
{
    /// <summary>What it multiplies by, less the 1 that the family adds.</summary>
    public Weight Weight => weight;

    /// <param name="x">[..., width].</param>
    /// <param name="dtype">Of the result; x's unless named.</param>
    /// <returns>x's shape, owned by the caller's dispose scope.</returns>
    public Tensor Forward(Tensor x, ScalarType? dtype = null) => LayerOperations.RmsNorm(x, Factor, config.NormEpsilon, dtype);

    /// <summary>What a branch adds to the residual stream, and the norm of the sum.</summary>
    /// <param name="stream">[N, D], float32.</param>
    /// <param name="branch">[N, D]; null where nothing is added.</param>
    /// <param name="dtype">Of the norm.</param>
    /// <returns>[N, D] each, owned by the caller's dispose scope.</returns>
    public (Tensor Stream, Tensor Normed) ForwardSum(Tensor stream, Tensor? branch, ScalarType dtype) =>
        LayerOperations.AddNorm(stream, branch, Factor, config.NormEpsilon, dtype);

    private Tensor Factor => config.NormsAddOne ? weight.Value.Plus(1) : weight.Value;
}
