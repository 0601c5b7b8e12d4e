using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

/// <summary>What the model says about given tokens.</summary>
/// <param name="Values">[N], float32: log p(target), in nats; a function of the inputs in the autograd graph. Owned by the caller.</param>
/// <param name="Entropies">[N], float32, outside the graph: the entropy of each row's distribution, in nats. Owned by the caller.</param>
public readonly record struct LogProbabilities(Tensor Values, Tensor Entropies);
