using static Serverless.Learning.Kernels.TensorMemory;
using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

/// <summary>
/// The decoder's operations in one pass over memory each, with the shapes and results of <see cref="Plain"/> up to rounding. They take
/// fp32; other dtypes go to <see cref="Plain"/>. Results do not depend on the number of threads.
/// </summary>
public static unsafe partial class Fused
{
    /// <inheritdoc cref="Plain.RmsNorm"/>
    public static Tensor RmsNorm(Tensor x, Tensor weight, double epsilon)
    {
        if (!AreFloats(x, weight)) return Plain.RmsNorm(x, weight, epsilon);
        using var scope = NewDisposeScope();
        var (input, scale) = (x.contiguous(), weight.contiguous());
        var y = NewFloats(x.shape);
        var (width, rows) = ((int)weight.NumberOfElements, x.NumberOfElements / weight.NumberOfElements);
        var slices = ThreadTeam.Slices(rows, x.NumberOfElements);
        ThreadTeam.Run(slices, new RmsNormForward
        {
            X = Floats(input), Weight = Floats(scale), Y = Floats(y), Count = rows, Width = width, Slices = slices, Epsilon = (float)epsilon,
        });
        GC.KeepAlive(input);
        GC.KeepAlive(scale);
        if (GraphNode.IsNeeded(x, weight))
        {
            var saved = new[] { GraphNode.Keep(input), GraphNode.Keep(scale) };
            var (ofX, ofWeight) = (x.requires_grad, weight.requires_grad);
            GraphNode.Record([y], [x, weight], saved, gradients =>
                RmsNormGradients(saved[0], saved[1], gradients[0]!.contiguous(), epsilon, ofX, ofWeight));
        }
        return y.MoveToOuterDisposeScope();
    }

    /// <inheritdoc cref="Plain.RotaryEmbedding"/>
    public static Tensor RotaryEmbedding(Tensor x, Tensor cos, Tensor sin)
    {
        if (!AreFloats(x, cos, sin) || x.stride(3) != 1) return Plain.RotaryEmbedding(x, cos, sin);
        using var scope = NewDisposeScope();
        var (cosine, sine) = (cos.contiguous(), sin.contiguous());
        var y = NewFloats(x.shape);
        Rotate(x, y, cosine, sine, 1);
        if (GraphNode.IsNeeded(x))
        {
            var saved = new[] { GraphNode.Keep(cosine), GraphNode.Keep(sine) };
            // The gradient takes x's own order of memory, so that the views x was made by need no copy.
            var headsInside = x.stride(1) < x.stride(2);
            GraphNode.Record([y], [x], saved, gradients =>
            {
                var gradient = gradients[0]!.stride(3) == 1 ? gradients[0]! : gradients[0]!.contiguous();
                var (b, h, t, d) = (gradient.shape[0], gradient.shape[1], gradient.shape[2], gradient.shape[3]);
                var dx = headsInside ? NewFloats(b, t, h, d).transpose(1, 2) : NewFloats(b, h, t, d);
                Rotate(gradient, dx, saved[0], saved[1], -1);
                return [dx];
            });
        }
        return y.MoveToOuterDisposeScope();
    }

    /// <inheritdoc cref="Plain.SwiGlu"/>
    public static Tensor SwiGlu(Tensor gate, Tensor up)
    {
        if (!AreFloats(gate, up)) return Plain.SwiGlu(gate, up);
        using var scope = NewDisposeScope();
        var (g, u) = (gate.contiguous(), up.contiguous());
        var y = NewFloats(gate.shape);
        var slices = ThreadTeam.Slices(y.NumberOfElements, y.NumberOfElements);
        ThreadTeam.Run(slices, new SwiGluForward { Gate = Floats(g), Up = Floats(u), Y = Floats(y), Count = y.NumberOfElements, Slices = slices });
        GC.KeepAlive(g);
        GC.KeepAlive(u);
        if (GraphNode.IsNeeded(gate, up))
        {
            var saved = new[] { GraphNode.Keep(g), GraphNode.Keep(u) };
            GraphNode.Record([y], [gate, up], saved, gradients => SwiGluGradients(saved[0], saved[1], gradients[0]!.contiguous()));
        }
        return y.MoveToOuterDisposeScope();
    }

    private static Tensor?[] RmsNormGradients(Tensor x, Tensor weight, Tensor gradient, double epsilon, bool ofX, bool ofWeight)
    {
        var (width, rows) = ((int)weight.NumberOfElements, x.NumberOfElements / weight.NumberOfElements);
        var slices = ThreadTeam.Slices(rows, x.NumberOfElements);
        var dx = ofX ? NewFloats(x.shape) : null;
        var parts = ofWeight ? NewFloats(slices, width) : null;
        var dWeight = ofWeight ? NewFloats(weight.shape) : null;
        ThreadTeam.Run(slices, new RmsNormBackward
        {
            X = Floats(x), Weight = Floats(weight), Gradient = Floats(gradient), DX = dx is null ? null : Floats(dx),
            DWeight = parts is null ? null : Floats(parts), Count = rows, Width = width, Slices = slices, Epsilon = (float)epsilon,
        });
        if (dWeight is not null) SliceSum.Into(Floats(dWeight), Floats(parts!), slices, width);
        GC.KeepAlive(gradient);
        GC.KeepAlive(parts);
        return [dx, dWeight];
    }

    private static void Rotate(Tensor x, Tensor y, Tensor cos, Tensor sin, float direction)
    {
        var (rows, elements) = (x.shape[0] * x.shape[2], x.NumberOfElements);
        var slices = ThreadTeam.Slices(rows, elements);
        ThreadTeam.Run(slices, new RotaryRotation
        {
            X = Floats(x), Y = Floats(y), Cos = Floats(cos), Sin = Floats(sin), Direction = direction,
            Batch = x.shape[0], Heads = x.shape[1], Times = x.shape[2], Width = (int)x.shape[3], Slices = slices,
            XBatch = x.stride(0), XHead = x.stride(1), XTime = x.stride(2), YBatch = y.stride(0), YHead = y.stride(1), YTime = y.stride(2),
            AngleBatch = cos.dim() == 3 ? cos.stride(0) : 0,
        });
        GC.KeepAlive(x);
        GC.KeepAlive(y);
    }

    private static Tensor?[] SwiGluGradients(Tensor gate, Tensor up, Tensor gradient)
    {
        var (dGate, dUp) = (NewFloats(gate.shape), NewFloats(gate.shape));
        var slices = ThreadTeam.Slices(gate.NumberOfElements, gate.NumberOfElements);
        ThreadTeam.Run(slices, new SwiGluBackward
        {
            Gate = Floats(gate), Up = Floats(up), Gradient = Floats(gradient), DGate = Floats(dGate), DUp = Floats(dUp),
            Count = gate.NumberOfElements, Slices = slices,
        });
        GC.KeepAlive(gradient);
        return [dGate, dUp];
    }
}
