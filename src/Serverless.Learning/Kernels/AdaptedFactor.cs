using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

/// <summary>What x is multiplied by: W + scale B A, of which W is frozen.</summary>
/// <param name="Matrix">W [out, in].</param>
/// <param name="A">[R, in], float32; null where nothing is added to W.</param>
/// <param name="B">[out, R], float32; null with <paramref name="A"/>.</param>
/// <param name="Scale">The factor of the update.</param>
internal sealed record AdaptedFactor(FrozenMatrix Matrix, Tensor? A, Tensor? B, double Scale);
