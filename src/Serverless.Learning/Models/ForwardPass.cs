using Serverless.Learning.Adapters;
using TorchSharp;

namespace Serverless.Learning.Models;

/// <summary>What the layers of one forward pass have in common.</summary>
/// <param name="Layout">Positions and mask of the rows.</param>
/// <param name="Compute">The dtype inside the layers, float32 or bfloat16.</param>
internal sealed record ForwardPass(SequenceLayout Layout, torch.ScalarType Compute)
{
    /// <summary>Keys and values of earlier tokens where a text grows, otherwise null.</summary>
    public KeyValueCache? Cache { get; init; }

    /// <summary>Whether a text grows: nothing is differentiated or dropped then, and few rows have kernels of their own.</summary>
    public bool Generates => Cache is not null;

    /// <summary>The step's dropout masks while an adapter with dropout trains, otherwise null.</summary>
    public DropoutSource? Dropout { get; init; }

    /// <summary>
    /// Where texts grow: for each of the N tokens the adapter that it is computed with, in place of what is around the products. Null
    /// computes all with what is around the products.
    /// </summary>
    public IReadOnlyList<LoraAdapter?>? Adapters { get; init; }
}
