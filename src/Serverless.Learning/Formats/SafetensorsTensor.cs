using TorchSharp;

namespace Serverless.Learning.Formats;

/// <summary>One tensor as a safetensors header describes it.</summary>
/// <param name="Name">The key in the header.</param>
/// <param name="Dtype">The element type in the file.</param>
/// <param name="Shape">Sizes, row-major; empty for a scalar.</param>
/// <param name="Offset">Bytes from the beginning of the file.</param>
/// <param name="Length">Bytes.</param>
public sealed record SafetensorsTensor(string Name, torch.ScalarType Dtype, IReadOnlyList<long> Shape, long Offset, long Length);
