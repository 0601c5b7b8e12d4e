using Serverless.Learning.Kernels;

namespace Serverless.Learning.Native;

/// <summary>
/// Everything about the machine that the bits of a trained weight depend on, besides data, options and seed. Two runs with equal
/// fingerprints, packages and settings give the same bits; runs with different ones may not. Recorded with each job.
/// </summary>
/// <param name="LibtorchVersion">Version of the native tensor library, such as <c>2.10.0</c>.</param>
/// <param name="Processor">Maker, family and model, such as <c>AuthenticAMD 25.17</c>.</param>
/// <param name="InstructionSet">The widest vector instructions at hand, such as <c>avx512-bf16</c>.</param>
/// <param name="Threads">Threads that share one tensor operation.</param>
/// <param name="KernelPath">Which implementation of the fused operations runs.</param>
/// <param name="MatmulPrecision">fp32 matrix products: <c>highest</c> or <c>medium</c>.</param>
public sealed record NativeFingerprint(
    string LibtorchVersion, string Processor, string InstructionSet, int Threads, KernelPath KernelPath, string MatmulPrecision);
