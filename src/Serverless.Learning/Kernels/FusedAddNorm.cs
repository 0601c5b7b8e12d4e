using static Serverless.Learning.Kernels.TensorMemory;
using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

public static unsafe partial class Fused
{
    /// <inheritdoc cref="Plain.AddNorm"/>
    /// <remarks>With a weight that trains, or a branch in another dtype than the result, sum and norm are two passes.</remarks>
    public static (Tensor Sum, Tensor Normed) AddNorm(Tensor stream, Tensor? branch, Tensor weight, double epsilon, ScalarType dtype) => dtype switch
    {
        _ when stream.dtype != ScalarType.Float32 || weight.dtype != ScalarType.Float32 || weight.requires_grad || branch is not null && branch.dtype != dtype
            => AddThenNorm(stream, branch, weight, epsilon, dtype),
        ScalarType.Float32 => AddNorm<Fp32>(stream, branch, weight, epsilon, dtype),
        ScalarType.BFloat16 => AddNorm<Bf16>(stream, branch, weight, epsilon, dtype),
        _ => AddThenNorm(stream, branch, weight, epsilon, dtype),
    };

    /// <inheritdoc cref="Plain.AddBranch"/>
    public static Tensor AddBranch(Tensor stream, Tensor branch) => branch.dtype switch
    {
        _ when stream.dtype != ScalarType.Float32 => Plain.AddBranch(stream, branch),
        ScalarType.Float32 => AddBranch<Fp32>(stream, branch),
        ScalarType.BFloat16 => AddBranch<Bf16>(stream, branch),
        _ => Plain.AddBranch(stream, branch),
    };

    private static (Tensor Sum, Tensor Normed) AddThenNorm(Tensor stream, Tensor? branch, Tensor weight, double epsilon, ScalarType dtype)
    {
        var sum = branch is null ? stream.alias() : AddBranch(stream, branch);
        return (sum, RmsNorm(sum, weight, epsilon, dtype));
    }

    private static (Tensor Sum, Tensor Normed) AddNorm<T>(Tensor stream, Tensor? branch, Tensor weight, double epsilon, ScalarType dtype)
        where T : unmanaged, IElement<T>
    {
        using var scope = NewDisposeScope();
        var (x, b, scale) = (AsContiguous(stream.detach()), branch is null ? null : AsContiguous(branch), AsContiguous(weight));
        var sum = b is null ? x : empty_like(x);
        var y = empty(x.Sizes(), dtype: dtype);
        var width = (int)weight.NumberOfElements;
        var rows = x.NumberOfElements / width;
        var slices = ThreadTeam.Slices(rows, x.NumberOfElements);
        ThreadTeam.Run(slices, new AddNormForward<T>
        {
            X = Floats(x), Branch = b is null ? null : Elements<T>(b), Sum = Floats(sum), Y = Elements<T>(y), Weight = Floats(scale),
            Count = rows, Width = width, Slices = slices, Epsilon = (float)epsilon,
        });
        GC.KeepAlive(b);
        var isRecorded = b is null ? GraphNode.IsNeeded(stream) : GraphNode.IsNeeded(stream, branch!);
        if (isRecorded)
        {
            Tensor[] saved = [GraphNode.Keep(sum), GraphNode.Keep(scale)];
            GraphNode.Record([sum, y], b is null ? [stream] : [stream, branch!], saved, gradients =>
                AddNormGradients<T>(saved[0], saved[1], gradients[0]?.contiguous(), gradients[1]?.contiguous(), epsilon, branch is not null));
        }
        return (sum.MoveToOuterDisposeScope(), y.MoveToOuterDisposeScope());
    }

    private static Tensor?[] AddNormGradients<T>(Tensor sum, Tensor weight, Tensor? ofSum, Tensor? gradient, double epsilon, bool hasBranch)
        where T : unmanaged, IElement<T>
    {
        var dtype = typeof(T) == typeof(Bf16) ? ScalarType.BFloat16 : ScalarType.Float32;
        if (gradient is null) return hasBranch ? [ofSum?.alias(), ofSum?.alias().to(dtype)] : [ofSum?.alias()];
        var dx = empty_like(sum);
        var dBranch = hasBranch ? empty(sum.Sizes(), dtype: dtype) : null;
        var width = (int)weight.NumberOfElements;
        var rows = sum.NumberOfElements / width;
        var slices = ThreadTeam.Slices(rows, sum.NumberOfElements);
        ThreadTeam.Run(slices, new AddNormBackward<T>
        {
            Sum = Floats(sum), Weight = Floats(weight), OfSum = ofSum is null ? null : Floats(ofSum), Gradient = Elements<T>(gradient), DX = Floats(dx),
            DBranch = dBranch is null ? null : Elements<T>(dBranch), Count = rows, Width = width, Slices = slices, Epsilon = (float)epsilon,
        });
        GC.KeepAlive(ofSum);
        GC.KeepAlive(gradient);
        return hasBranch ? [dx, dBranch] : [dx];
    }

    private static Tensor AddBranch<T>(Tensor stream, Tensor branch)
        where T : unmanaged, IElement<T>
    {
        using var scope = NewDisposeScope();
        var (x, b) = (AsContiguous(stream), AsContiguous(branch));
        var sum = NewFloats(x.Sizes());
        var slices = ThreadTeam.Slices(sum.NumberOfElements, sum.NumberOfElements);
        ThreadTeam.Run(slices, new BranchAddition<T> { X = Floats(x), Branch = Elements<T>(b), Sum = Floats(sum), Count = sum.NumberOfElements, Slices = slices });
        GC.KeepAlive(x);
        GC.KeepAlive(b);
        if (GraphNode.IsNeeded(stream, branch))
        {
            var dtype = branch.dtype;
            GraphNode.Record([sum], [stream, branch], [], gradients => [gradients[0]!.alias(), gradients[0]!.alias().to(dtype)]);
        }
        return sum.MoveToOuterDisposeScope();
    }
}
