using System.Text.Json.Serialization;
using Serverless.Learning.Native;
using TorchSharp;

namespace Serverless.Learning.Training;

/// <summary>The dtype of matrix products while training; master weights, gradients and everything between the products are float32.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ComputePrecision>))]
public enum ComputePrecision
{
    Float32,

    /// <summary>Factors rounded to bfloat16, about twice as fast on processors with instructions for it.</summary>
    BFloat16,
}

/// <summary>Chooses a precision by rule, never by timing, and says what it means to libtorch.</summary>
public static class ComputePrecisions
{
    /// <summary>bfloat16 on processors with AVX512_BF16, float32 elsewhere.</summary>
    public static ComputePrecision OfThisProcessor =>
        NativeRuntime.Fingerprint.InstructionSet == "avx512-bf16" ? ComputePrecision.BFloat16 : ComputePrecision.Float32;

    public static torch.ScalarType ScalarType(this ComputePrecision precision) =>
        precision == ComputePrecision.BFloat16 ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32;
}
