using static TorchSharp.torch;

namespace Serverless.Learning.Formats;

/// <summary>A tensor of a file to be written, made when its turn comes, so that not all of them are in memory at once.</summary>
/// <param name="Make">A tensor of the shape and dtype named; whoever writes it disposes it.</param>
public sealed record PendingTensor(string Name, IReadOnlyList<long> Shape, ScalarType Dtype, Func<Tensor> Make)
{
    /// <summary>One that exists and stays its owner's.</summary>
    public static PendingTensor Of(string name, Tensor tensor) => new(name, tensor.shape, tensor.dtype, tensor.alias);

    /// <summary>The number of elements.</summary>
    public long Count => Shape.Aggregate(1L, (product, size) => checked(product * size));
}
