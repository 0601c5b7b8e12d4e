using static TorchSharp.torch;

namespace Serverless.Learning.Quantization;

/// <summary>A frozen matrix [out, in] in fewer bits than its numbers had.</summary>
public interface IQuantizedMatrix : IDisposable
{
    /// <summary>[out, in].</summary>
    long[] Shape { get; }

    /// <summary>Bytes of the tensors that stand for the matrix.</summary>
    long Bytes { get; }

    /// <summary>Some rows as numbers again.</summary>
    /// <param name="dtype">Float32 or BFloat16, the latter rounded to the nearest.</param>
    /// <returns>[rows, in], owned by the caller's dispose scope.</returns>
    Tensor Expand(long firstRow, long rows, ScalarType dtype);

    /// <summary>The same into memory that is there.</summary>
    /// <param name="into">[rows, in], contiguous, float32 or bfloat16.</param>
    void Expand(long firstRow, Tensor into);
}
