using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Serverless.Learning.Kernels;

namespace Serverless.Learning.Quantization;

/// <summary>Each block's largest magnitude, and the code nearest to each of its values over that.</summary>
internal unsafe struct Nf4Encoding : ISlicedKernel
{
    public float* Values, Borders, Scales;
    public byte* Codes;
    public long Count, Blocks;
    public int Slices;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        var shares = stackalloc float[Nf4Matrix.BlockValues];
        var chosen = stackalloc int[Nf4Matrix.BlockValues];
        var (from, to) = ThreadTeam.Rows(Blocks, slice, Slices);
        for (var block = from; block < to; block++)
        {
            var first = block * Nf4Matrix.BlockValues;
            var count = (int)Math.Min(Nf4Matrix.BlockValues, Count - first);
            var largest = 0f;
            for (var i = 0; i < count; i++) largest = MathF.Max(largest, MathF.Abs(Values[first + i]));
            Scales[block] = largest;
            // A block of zeros has no scale; 0 / 1 is code zero like any other 0.
            var divisor = largest == 0 ? 1 : largest;
            for (var i = 0; i < Nf4Matrix.BlockValues; i++) shares[i] = i < count ? Values[first + i] / divisor : 0;
            for (var i = 0; i < Nf4Matrix.BlockValues; i += 16)
            {
                var share = Vector512.Load(shares + i);
                var above = Vector512<int>.Zero;
                for (var border = 0; border < 15; border++) above += Vector512.GreaterThan(share, Vector512.Create(Borders[border])).AsInt32();
                (-above).Store(chosen + i);
            }
            var bytes = Codes + first / 2;
            for (var i = 0; i < count; i += 2) bytes[i / 2] = (byte)((chosen[i] << 4) | chosen[i + 1]);
        }
    }
}
