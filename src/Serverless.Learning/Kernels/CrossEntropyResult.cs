using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

/// <summary>The loss over all rows and how many of them were predicted exactly.</summary>
/// <param name="Loss">fp32 scalar: scale times the summed negative log-likelihood, in nats. Owned by the caller.</param>
/// <param name="Correct">Rows whose largest logit is the target's; of equal ones the first counts.</param>
public readonly record struct CrossEntropyResult(Tensor Loss, long Correct);
