namespace Serverless.Benchmarks;

/// <summary>A limit of the machine.</summary>
internal enum Ceiling
{
    /// <summary>FLOP a second of matrix products in the precision that training computes in on this processor.</summary>
    MatrixProducts,

    /// <summary>Bytes a second read from memory.</summary>
    MemoryReads,
}
