using System.Runtime.CompilerServices;
using Serverless.Learning.Kernels;

namespace Serverless.Learning.Quantization;

/// <summary>Each row's scale, its largest magnitude over 127, and the code nearest to each of its values over that.</summary>
internal unsafe struct Int8Encoding : ISlicedKernel
{
    public float* Values, Scales;
    public sbyte* Codes;
    public long Rows;
    public int Width, Slices;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        var (from, to) = ThreadTeam.Rows(Rows, slice, Slices);
        for (var row = from; row < to; row++)
        {
            var values = Values + row * Width;
            var codes = Codes + row * Width;
            var largest = 0f;
            for (var i = 0; i < Width; i++) largest = MathF.Max(largest, MathF.Abs(values[i]));
            Scales[row] = largest / sbyte.MaxValue;
            // A row of zeros has no scale; 0 times anything is code zero.
            var inverse = largest == 0 ? 0 : sbyte.MaxValue / largest;
            for (var i = 0; i < Width; i++) codes[i] = (sbyte)Math.Clamp(MathF.Round(values[i] * inverse), -sbyte.MaxValue, sbyte.MaxValue);
        }
    }
}
