using static Serverless.Learning.Kernels.TensorMemory;
using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

/// <summary>
/// The decoder's operations in one pass over memory each, with the shapes and results of <see cref="Plain"/> up to rounding. They take
/// fp32 and bf16 and compute in fp32; other dtypes go to <see cref="Plain"/>. Results do not depend on the number of threads.
/// </summary>
public static unsafe partial class Fused
{
    /// <inheritdoc cref="Plain.RmsNorm"/>
    public static Tensor RmsNorm(Tensor x, Tensor weight, double epsilon, ScalarType? dtype = null)
    {
        var (from, to) = (x.dtype, dtype ?? x.dtype);
        if (weight.dtype != ScalarType.Float32 && weight.dtype != from || !IsKernelType(from) || !IsKernelType(to))
            return Plain.RmsNorm(x, weight, epsilon, dtype);
        return (from, to) switch
        {
            (ScalarType.Float32, ScalarType.Float32) => RmsNorm<Fp32, Fp32>(x, weight, epsilon, to),
            (ScalarType.Float32, ScalarType.BFloat16) => RmsNorm<Fp32, Bf16>(x, weight, epsilon, to),
            (ScalarType.BFloat16, ScalarType.Float32) => RmsNorm<Bf16, Fp32>(x, weight, epsilon, to),
            _ => RmsNorm<Bf16, Bf16>(x, weight, epsilon, to),
        };
    }

    /// <inheritdoc cref="Plain.RotaryEmbedding"/>
    public static Tensor RotaryEmbedding(Tensor x, Tensor cos, Tensor sin) => x.dtype switch
    {
        _ when x.stride(3) != 1 => Plain.RotaryEmbedding(x, cos, sin),
        ScalarType.Float32 => RotaryEmbedding<Fp32>(x, cos, sin),
        ScalarType.BFloat16 => RotaryEmbedding<Bf16>(x, cos, sin),
        _ => Plain.RotaryEmbedding(x, cos, sin),
    };

    /// <inheritdoc cref="Plain.SwiGlu"/>
    public static Tensor SwiGlu(Tensor gate, Tensor up) => gate.dtype switch
    {
        _ when up.dtype != gate.dtype => Plain.SwiGlu(gate, up),
        ScalarType.Float32 => Gated<Fp32, SiluGate>(gate, up),
        ScalarType.BFloat16 => Gated<Bf16, SiluGate>(gate, up),
        _ => Plain.SwiGlu(gate, up),
    };

    /// <inheritdoc cref="Plain.GeGlu"/>
    public static Tensor GeGlu(Tensor gate, Tensor up) => gate.dtype switch
    {
        _ when up.dtype != gate.dtype => Plain.GeGlu(gate, up),
        ScalarType.Float32 => Gated<Fp32, GeluTanhGate>(gate, up),
        ScalarType.BFloat16 => Gated<Bf16, GeluTanhGate>(gate, up),
        _ => Plain.GeGlu(gate, up),
    };

    private static Tensor RmsNorm<TX, TY>(Tensor x, Tensor weight, double epsilon, ScalarType dtype)
        where TX : unmanaged, IElement<TX>
        where TY : unmanaged, IElement<TY>
    {
        using var scope = NewDisposeScope();
        var (input, scale) = (AsContiguous(x), AsFloats(weight));
        var y = empty(x.Sizes(), dtype: dtype);
        var (width, rows) = ((int)weight.NumberOfElements, x.NumberOfElements / weight.NumberOfElements);
        var slices = ThreadTeam.Slices(rows, x.NumberOfElements);
        ThreadTeam.Run(slices, new RmsNormForward<TX, TY>
        {
            X = Elements<TX>(input), Weight = Floats(scale), Y = Elements<TY>(y), Count = rows, Width = width, Slices = slices, Epsilon = (float)epsilon,
        });
        GC.KeepAlive(input);
        GC.KeepAlive(scale);
        if (GraphNode.IsNeeded(x, weight))
        {
            var saved = new[] { GraphNode.Keep(input), GraphNode.Keep(scale) };
            var (ofX, ofWeight) = (x.requires_grad, weight.requires_grad);
            GraphNode.Record([y], [x, weight], saved, gradients =>
                RmsNormGradients<TX, TY>(saved[0], saved[1], gradients[0]!.contiguous(), epsilon, ofX, ofWeight));
        }
        return y.MoveToOuterDisposeScope();
    }

    private static Tensor?[] RmsNormGradients<TX, TY>(Tensor x, Tensor weight, Tensor gradient, double epsilon, bool ofX, bool ofWeight)
        where TX : unmanaged, IElement<TX>
        where TY : unmanaged, IElement<TY>
    {
        var (width, rows) = ((int)weight.NumberOfElements, x.NumberOfElements / weight.NumberOfElements);
        var slices = ThreadTeam.Slices(rows, x.NumberOfElements);
        var dx = ofX ? empty_like(x) : null;
        var parts = ofWeight ? NewFloats(slices, width) : null;
        var dWeight = ofWeight ? NewFloats(weight.Sizes()) : null;
        ThreadTeam.Run(slices, new RmsNormBackward<TX, TY>
        {
            X = Elements<TX>(x), Weight = Floats(weight), Gradient = Elements<TY>(gradient), DX = dx is null ? null : Elements<TX>(dx),
            DWeight = parts is null ? null : Floats(parts), Count = rows, Width = width, Slices = slices, Epsilon = (float)epsilon,
        });
        if (dWeight is not null) SliceSum.Into(Floats(dWeight), Floats(parts!), slices, width);
        GC.KeepAlive(gradient);
        GC.KeepAlive(parts);
        return [dx, dWeight];
    }

    private static Tensor RotaryEmbedding<T>(Tensor x, Tensor cos, Tensor sin)
        where T : unmanaged, IElement<T>
    {
        using var scope = NewDisposeScope();
        var (cosine, sine) = (AsFloats(cos), AsFloats(sin));
        var y = empty(x.Sizes(), dtype: x.dtype);
        Rotate<T>(x, y, cosine, sine, 1);
        if (GraphNode.IsNeeded(x))
        {
            var saved = new[] { GraphNode.Keep(cosine), GraphNode.Keep(sine) };
            var (shape, dtype, byTime) = (x.Sizes(), x.dtype, IsByTime(x));
            GraphNode.Record([y], [x], saved, gradients =>
            {
                var dx = NewHeads(shape, dtype, byTime);
                Rotate<T>(Readable(gradients[0]!), dx, saved[0], saved[1], -1);
                return [dx];
            });
        }
        return y.MoveToOuterDisposeScope();
    }

    private static void Rotate<T>(Tensor x, Tensor y, Tensor cos, Tensor sin, float direction)
        where T : unmanaged, IElement<T>
    {
        var slices = ThreadTeam.Slices(x.size(0) * x.size(2), x.NumberOfElements);
        ThreadTeam.Run(slices, new RotaryRotation<T>
        {
            X = new HeadedVectors<T>(x), Y = new HeadedVectors<T>(y), Cos = Floats(cos), Sin = Floats(sin), Direction = direction,
            Batch = x.size(0), Heads = x.size(1), Times = x.size(2), Width = (int)x.size(3), Size = (int)cos.size(-1), Slices = slices,
            AngleBatch = cos.dim() == 3 ? cos.stride(0) : 0,
        });
        GC.KeepAlive(x);
        GC.KeepAlive(y);
    }

    private static Tensor Gated<T, TGate>(Tensor gate, Tensor up)
        where T : unmanaged, IElement<T>
        where TGate : IGate
    {
        using var scope = NewDisposeScope();
        var (g, u) = (AsContiguous(gate), AsContiguous(up));
        var y = empty(gate.Sizes(), dtype: gate.dtype);
        var slices = ThreadTeam.Slices(y.NumberOfElements, y.NumberOfElements);
        ThreadTeam.Run(slices, new GatedForward<T, TGate>
        {
            Gate = Elements<T>(g), Up = Elements<T>(u), Y = Elements<T>(y), Count = y.NumberOfElements, Slices = slices,
        });
        GC.KeepAlive(g);
        GC.KeepAlive(u);
        if (GraphNode.IsNeeded(gate, up))
        {
            var saved = new[] { GraphNode.Keep(g), GraphNode.Keep(u) };
            GraphNode.Record([y], [gate, up], saved, gradients => GatedGradients<T, TGate>(saved[0], saved[1], gradients[0]!.contiguous()));
        }
        return y.MoveToOuterDisposeScope();
    }

    private static Tensor?[] GatedGradients<T, TGate>(Tensor gate, Tensor up, Tensor gradient)
        where T : unmanaged, IElement<T>
        where TGate : IGate
    {
        var (dGate, dUp) = (empty_like(gate), empty_like(gate));
        var slices = ThreadTeam.Slices(gate.NumberOfElements, gate.NumberOfElements);
        ThreadTeam.Run(slices, new GatedBackward<T, TGate>
        {
            Gate = Elements<T>(gate), Up = Elements<T>(up), Gradient = Elements<T>(gradient), DGate = Elements<T>(dGate), DUp = Elements<T>(dUp),
            Count = gate.NumberOfElements, Slices = slices,
        });
        GC.KeepAlive(gradient);
        return [dGate, dUp];
    }

    /// <summary>The tensor itself where its last dimension is contiguous.</summary>
    private static Tensor Readable(Tensor tensor) => tensor.stride(3) == 1 ? tensor : tensor.contiguous();

    /// <summary>An uninitialised [B, H, T, Dh] in the given one's order of memory, so that the views it was made by need no copy.</summary>
    private static Tensor NewLike(Tensor tensor) => NewHeads(tensor.Sizes(), tensor.dtype, IsByTime(tensor));

    /// <summary>Whether the heads of one time lie beside each other in memory.</summary>
    private static bool IsByTime(Tensor tensor) => tensor.stride(1) < tensor.stride(2);

    private static Tensor NewHeads(long[] shape, ScalarType dtype, bool byTime) => byTime
        ? empty([shape[0], shape[2], shape[1], shape[3]], dtype: dtype).transpose(1, 2)
        : empty(shape, dtype: dtype);
}
