using System.Runtime.CompilerServices;
using Serverless.Learning.Kernels;

namespace Serverless.Learning.Quantization;

/// <summary>Numbers of a range of codes: their values times the scale of their block.</summary>
internal unsafe struct Nf4Decoding<T> : ISlicedKernel
    where T : unmanaged, IElement<T>
{
    public byte* Codes;
    public sbyte* ScaleCodes;
    public float* ScaleSteps;
    public float MeanScale;
    public T* To;
    public long From, End;
    public int Slices;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        var numbers = stackalloc T[16];
        var firstBlock = From / Nf4Matrix.BlockValues;
        var (first, last) = ThreadTeam.Rows((End - 1) / Nf4Matrix.BlockValues + 1 - firstBlock, slice, Slices);
        for (var block = firstBlock + first; block < firstBlock + last; block++)
        {
            // The scale of a nearly empty block may round below zero, which would turn signs.
            var scale = MathF.Max(0, MeanScale + ScaleSteps[block / Nf4Matrix.BlockScales] * ScaleCodes[block]);
            for (var code = 0; code < 16; code++) T.Set(numbers + code, NormalFloat4.Values[code] * scale);
            var at = Math.Max(From, block * Nf4Matrix.BlockValues);
            var end = Math.Min(End, (block + 1) * Nf4Matrix.BlockValues);
            var to = To + (at - From);
            if (at % 2 != 0) *to++ = numbers[Codes[at++ / 2] & 15];
            for (; at + 1 < end; at += 2, to += 2)
            {
                var pair = Codes[at / 2];
                to[0] = numbers[pair >> 4];
                to[1] = numbers[pair & 15];
            }
            if (at < end) *to = numbers[Codes[at / 2] >> 4];
        }
    }
}
