using Serverless.Learning.Native;
using static Serverless.Learning.Kernels.TensorMemory;
using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

public static unsafe partial class Fused
{
    /// <summary>Rows of logits that are computed at a time: small enough for the last cache level at usual vocabularies.</summary>
    private const long ChunkRows = 512;

    /// <inheritdoc cref="Plain.CrossEntropy"/>
    public static CrossEntropyResult CrossEntropy(Tensor logits, Tensor targets, double scale)
    {
        if (!IsKernelType(logits.dtype)) return Plain.CrossEntropy(logits, targets, scale);
        using var scope = NewDisposeScope();
        var rows = logits.contiguous();
        var gradient = GraphNode.IsNeeded(logits) ? empty(logits.Sizes(), dtype: logits.dtype).DetachFromDisposeScope() : null;
        var (sum, correct) = Rows(rows, targets.contiguous(), scale, gradient);
        var loss = tensor((float)(sum * scale));
        if (gradient is not null) GraphNode.Record([loss], [logits], [gradient], incoming => [Scaled(gradient, incoming[0]!)]);
        return new CrossEntropyResult(loss.MoveToOuterDisposeScope(), correct);
    }

    /// <inheritdoc cref="Plain.LinearCrossEntropy"/>
    /// <remarks>
    /// The logits exist for a few hundred rows at a time, and their gradient replaces them; the gradients of hidden and weight are
    /// finished in the forward pass.
    /// </remarks>
    public static CrossEntropyResult LinearCrossEntropy(Tensor hidden, Tensor weight, Tensor targets, double scale, double? softCap = null)
    {
        if (!IsKernelType(hidden.dtype)) return Plain.LinearCrossEntropy(hidden, weight, targets, scale, softCap);
        using var scope = NewDisposeScope();
        var recorded = GraphNode.IsNeeded(hidden, weight);
        var dHidden = recorded && hidden.requires_grad ? empty(hidden.Sizes(), dtype: hidden.dtype).DetachFromDisposeScope() : null;
        var dWeight = recorded && weight.requires_grad ? zeros(weight.Sizes(), dtype: ScalarType.Float32).DetachFromDisposeScope() : null;
        var (sum, correct) = (0.0, 0L);
        using (no_grad())
        {
            var indices = targets.contiguous();
            var head = FrozenMatrix.For(hidden.dtype, weight.detach());
            for (var start = 0L; start < hidden.size(0); start += ChunkRows)
            {
                using var chunk = NewDisposeScope();
                var count = Math.Min(ChunkRows, hidden.size(0) - start);
                var rows = hidden.narrow(0, start, count);
                var logits = head.Product(rows);
                var slope = softCap is { } cap ? Capped(logits, cap, recorded) : null;
                var (loss1, correct1) = Rows(logits, indices.narrow(0, start, count), scale, recorded ? logits : null);
                (sum, correct) = (sum + loss1, correct + correct1);
                if (slope is not null) logits.mul_(slope);
                dHidden?.narrow(0, start, count).copy_(head.InputGradient(logits));
                if (dWeight is not null) AddProduct(dWeight, logits.t(), rows);
            }
        }
        var loss = tensor((float)(sum * scale));
        if (recorded)
        {
            Tensor[] saved = [.. new[] { dHidden, dWeight }.OfType<Tensor>()];
            GraphNode.Record([loss], [hidden, weight], saved, incoming =>
                [dHidden is null ? null : Scaled(dHidden, incoming[0]!), dWeight is null ? null : Scaled(dWeight, incoming[0]!)]);
        }
        return new CrossEntropyResult(loss.MoveToOuterDisposeScope(), correct);
    }

    /// <summary>Turns logits z into c tanh(z / c) in place; gives the derivative 1 - tanh^2, of their shape, where it is wanted.</summary>
    private static Tensor? Capped(Tensor logits, double cap, bool isRecorded)
    {
        logits.div_(Operand.Of(cap)).tanh_();
        var slope = isRecorded ? logits.Squared().neg_().add_(Operand.Of(1), Operand.Of(1)) : null;
        logits.mul_(Operand.Of(cap));
        return slope;
    }

    /// <summary>total [V, D] fp32 += a b; products of bf16 are rounded once before they are added.</summary>
    private static void AddProduct(Tensor total, Tensor a, Tensor b)
    {
        if (a.dtype == total.dtype) total.addmm_(a, b, 1f, 1f);
        else total.add_(mm(a, b), Operand.Of(1));
    }

    /// <summary>Sum of the rows' losses in nats and how many are right; the gradient goes where it is wanted.</summary>
    private static (double Loss, long Correct) Rows(Tensor logits, Tensor targets, double scale, Tensor? gradient) =>
        logits.dtype == ScalarType.Float32 ? Rows<Fp32>(logits, targets, scale, gradient) : Rows<Bf16>(logits, targets, scale, gradient);

    private static (double Loss, long Correct) Rows<T>(Tensor logits, Tensor targets, double scale, Tensor? gradient)
        where T : unmanaged, IElement<T>
    {
        var (count, vocabulary) = (logits.size(0), logits.size(1));
        var slices = ThreadTeam.Slices(count, count * vocabulary);
        var losses = stackalloc double[slices];
        var corrects = stackalloc long[slices];
        RequireTargets(new ReadOnlySpan<long>(Longs(targets), (int)count), vocabulary);
        ThreadTeam.Run(slices, new CrossEntropyRows<T>
        {
            Logits = Elements<T>(logits), Gradient = gradient is null ? null : Elements<T>(gradient), Targets = Longs(targets), Losses = losses,
            Correct = corrects, Count = count, Vocabulary = (int)vocabulary, Slices = slices, Scale = (float)scale,
        });
        GC.KeepAlive(logits);
        GC.KeepAlive(targets);
        var (loss, correct) = (0.0, 0L);
        for (var slice = 0; slice < slices; slice++) (loss, correct) = (loss + losses[slice], correct + corrects[slice]);
        return (loss, correct);
    }

    private static void RequireTargets(ReadOnlySpan<long> targets, long vocabulary)
    {
        foreach (var target in targets)
        {
            if ((ulong)target >= (ulong)vocabulary)
                throw new ArgumentOutOfRangeException(nameof(targets), target, $"A target must be one of the {vocabulary} tokens.");
        }
    }

    /// <summary>The saved gradient times the loss's own, which almost always is 1.</summary>
    private static Tensor Scaled(Tensor gradient, Tensor ofLoss)
    {
        var factor = ofLoss.item<float>();
        return factor == 1 ? gradient.alias() : gradient.mul(Operand.Of(factor));
    }
}
