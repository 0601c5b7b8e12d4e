using Serverless.Learning.Adapters;

namespace Serverless.Learning.Models;

/// <summary>How a decoder's matrices stand in memory. What is no matrix, norms and biases, always is float32.</summary>
public enum MatrixStorage
{
    /// <summary>In float32, as weights that train must be.</summary>
    Float32,

    /// <summary>
    /// In bfloat16 where the file has them so, otherwise in float32. What is computed is the same, and half of the memory is read; but on processors with
    /// instructions for it, prompts of more than <see cref="Kernels.Fused.FewRows"/> tokens are read with products in bfloat16.
    /// </summary>
    AsStored,

    /// <summary>
    /// All of them, embedding and head too, in 8 bits with a scale for each row: a quarter of the memory of float32, for answers that differ a
    /// little. For generation only.
    /// </summary>
    Int8,

    /// <summary>Those inside the blocks in NF4, for training an adapter over them; embedding and head as in <see cref="AsStored"/>.</summary>
    Nf4,
}

/// <summary>Chooses a storage by what it is for.</summary>
public static class MatrixStorages
{
    /// <summary>The storage of a model that is trained: in float32 where all of it trains, otherwise in as few bits as the training lets it be.</summary>
    public static MatrixStorage ForTraining(AdapterKind kind) => kind switch
    {
        AdapterKind.Full => MatrixStorage.Float32,
        AdapterKind.Qlora => MatrixStorage.Nf4,
        _ => MatrixStorage.AsStored,
    };
}
