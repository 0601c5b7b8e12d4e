using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

public static unsafe partial class Fused
{
    /// <inheritdoc cref="Plain.LinearLogProbabilities"/>
    /// <remarks>The logits exist for a few hundred rows at a time; the backward pass computes them again.</remarks>
    public static LogProbabilities LinearLogProbabilities(Tensor hidden, Tensor weight, Tensor targets, double temperature, double? softCap = null)
    {
        using var scope = NewDisposeScope();
        var count = hidden.size(0);
        var (values, entropies, normalisers) = (empty(count), empty(count), empty(count));
        using (no_grad())
        {
            var head = FrozenMatrix.For(hidden.dtype, weight.detach());
            for (var start = 0L; start < count; start += ChunkRows)
            {
                using var chunk = NewDisposeScope();
                var length = Math.Min(ChunkRows, count - start);
                var logits = LogitsOf(hidden.narrow(0, start, length), head, softCap).div_(Operand.Of(temperature));
                var normaliser = logits.logsumexp(1L);
                normalisers.narrow(0, start, length).copy_(normaliser);
                var wanted = logits.gather(1, targets.narrow(0, start, length).unsqueeze(1)).squeeze(1);
                values.narrow(0, start, length).copy_(wanted.sub(normaliser));
                var expected = logits.sub(normaliser.unsqueeze(1)).exp_().mul_(logits).sum(1);
                entropies.narrow(0, start, length).copy_(normaliser.sub(expected));
            }
        }
        if (GraphNode.IsNeeded(hidden, weight))
        {
            Tensor[] saved = [GraphNode.Keep(hidden), GraphNode.Keep(weight), GraphNode.Keep(targets), GraphNode.Keep(normalisers)];
            var (ofHidden, ofWeight) = (hidden.requires_grad, weight.requires_grad);
            GraphNode.Record([values], [hidden, weight], saved, incoming =>
                LogProbabilityGradients(saved, incoming[0]!, temperature, softCap, ofHidden, ofWeight));
        }
        return new LogProbabilities(values.MoveToOuterDisposeScope(), entropies.MoveToOuterDisposeScope());
    }

    /// <summary>d log p(target) / d logits = onehot(target) - softmax(logits), carried on to hidden and weight.</summary>
    private static Tensor?[] LogProbabilityGradients(
        Tensor[] saved, Tensor incoming, double temperature, double? softCap, bool ofHidden, bool ofWeight)
    {
        var (hidden, weight, targets, normalisers) = (saved[0], saved[1], saved[2], saved[3]);
        var head = FrozenMatrix.For(hidden.dtype, weight.detach());
        var dHidden = ofHidden ? empty(hidden.Sizes(), dtype: hidden.dtype) : null;
        var dWeight = ofWeight ? zeros(weight.Sizes(), dtype: ScalarType.Float32) : null;
        for (var start = 0L; start < hidden.size(0); start += ChunkRows)
        {
            using var chunk = NewDisposeScope();
            var length = Math.Min(ChunkRows, hidden.size(0) - start);
            var rows = hidden.narrow(0, start, length);
            var factor = incoming.narrow(0, start, length).unsqueeze(1).div(Operand.Of(temperature));
            var logits = LogitsOf(rows, head, softCap);
            var dLogits = logits.div(Operand.Of(temperature)).sub_(normalisers.narrow(0, start, length).unsqueeze(1)).exp_().mul_(factor.neg());
            dLogits.scatter_add_(1, targets.narrow(0, start, length).unsqueeze(1), factor);
            if (softCap is { } cap) dLogits.mul_(logits.div_(Operand.Of(cap)).Squared().neg_().add_(Operand.Of(1), Operand.Of(1)));
            var narrow = dLogits.to(hidden.dtype);
            dHidden?.narrow(0, start, length).copy_(head.InputGradient(narrow));
            if (dWeight is not null) AddProduct(dWeight, narrow.t(), rows);
        }
        return [dHidden, dWeight];
    }

    private static Tensor LogitsOf(Tensor rows, FrozenMatrix head, double? softCap)
    {
        var logits = head.Product(rows).to(ScalarType.Float32);
        return softCap is { } cap ? logits.div_(Operand.Of(cap)).tanh_().mul_(Operand.Of(cap)) : logits;
    }
}
