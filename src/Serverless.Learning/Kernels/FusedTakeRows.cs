using static Serverless.Learning.Kernels.TensorMemory;
using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

public static unsafe partial class Fused
{
    /// <inheritdoc cref="Plain.TakeRows"/>
    public static Tensor TakeRows(Tensor x, Tensor rows) => x.dtype switch
    {
        _ when x.size(1) % 16 != 0 => Plain.TakeRows(x, rows),
        ScalarType.Float32 => TakeRows<Fp32>(x, rows),
        ScalarType.BFloat16 => TakeRows<Bf16>(x, rows),
        _ => Plain.TakeRows(x, rows),
    };

    private static Tensor TakeRows<T>(Tensor x, Tensor rows)
        where T : unmanaged, IElement<T>
    {
        using var scope = NewDisposeScope();
        var input = x.contiguous();
        var (count, width) = (rows.size(0), x.size(1));
        var y = empty([count, width], dtype: x.dtype);
        var slices = ThreadTeam.Slices(count, y.NumberOfElements);
        ThreadTeam.Run(slices, new TakeRowsForward<T>
        {
            X = Elements<T>(input), Rows = Longs(rows), Y = Elements<T>(y), Count = count, Width = width, Slices = slices,
        });
        GC.KeepAlive(input);
        if (GraphNode.IsNeeded(x))
        {
            var (saved, sources, dtype) = (GraphNode.Keep(rows), x.size(0), x.dtype);
            GraphNode.Record([y], [x], [saved], gradients => [AddedRows<T>(gradients[0]!.contiguous(), saved, sources).to(dtype)]);
        }
        return y.MoveToOuterDisposeScope();
    }

    private static Tensor AddedRows<T>(Tensor gradient, Tensor rows, long sources)
        where T : unmanaged, IElement<T>
    {
        var width = gradient.size(1);
        var sum = zeros([sources, width], dtype: ScalarType.Float32);
        var slices = (int)((width + TakeRowsBackward<T>.Columns - 1) / TakeRowsBackward<T>.Columns);
        ThreadTeam.Run(slices, new TakeRowsBackward<T>
        {
            Gradient = Elements<T>(gradient), Rows = Longs(rows), DX = Floats(sum), Count = rows.size(0), Width = width,
        });
        GC.KeepAlive(gradient);
        return sum;
    }
}
