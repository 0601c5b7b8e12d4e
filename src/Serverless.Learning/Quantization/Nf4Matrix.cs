using Serverless.Learning.Kernels;
using static TorchSharp.torch;

namespace Serverless.Learning.Quantization;

/// <summary>
/// A frozen matrix [out, in] in NF4 with double quantisation (arXiv 2305.14314, section 3): row after row, blocks of 64 values share a
/// scale, the largest magnitude among them; of the scales the mean is kept, and each one's distance from it as a signed 8-bit
/// number, blocks of 256 of which share a step. The paper stores those as 8-bit floats; whole numbers err less near the ends of their
/// range. About 4.13 bits a weight. Owns its tensors.
/// </summary>
public sealed unsafe class Nf4Matrix : IQuantizedMatrix
{
    /// <summary>Values that share a scale.</summary>
    public const int BlockValues = 64;

    /// <summary>Scales that share a step.</summary>
    public const int BlockScales = 256;

    private readonly Tensor codes;      // uint8, two values a byte, the earlier in the upper half
    private readonly Tensor scaleCodes; // int8, one for each block of values
    private readonly Tensor scaleSteps; // float32, one for each block of scales
    private readonly float meanScale;

    private Nf4Matrix(long[] shape, Tensor codes, Tensor scaleCodes, Tensor scaleSteps, float meanScale)
    {
        Shape = shape;
        this.codes = codes.DetachFromDisposeScope();
        this.scaleCodes = scaleCodes.DetachFromDisposeScope();
        this.scaleSteps = scaleSteps.DetachFromDisposeScope();
        this.meanScale = meanScale;
    }

    /// <inheritdoc/>
    public long[] Shape { get; }

    /// <inheritdoc/>
    public long Bytes => codes.numel() + scaleCodes.numel() + scaleSteps.numel() * sizeof(float);

    /// <summary>Rounds each value to the nearest code of its block.</summary>
    /// <param name="weight">[out, in], of any float dtype; it stays the caller's.</param>
    public static Nf4Matrix Quantize(Tensor weight)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var values = weight.detach().to(ScalarType.Float32).contiguous();
        var blocks = (values.numel() + BlockValues - 1) / BlockValues;
        var codes = empty([(values.numel() + 1) / 2], dtype: ScalarType.Byte);
        var scales = TensorMemory.NewFloats(blocks);
        var slices = ThreadTeam.Slices(blocks, values.numel());
        fixed (float* borders = NormalFloat4.Borders)
        {
            ThreadTeam.Run(slices, new Nf4Encoding
            {
                Values = TensorMemory.Floats(values), Count = values.numel(), Borders = borders, Codes = TensorMemory.Elements<byte>(codes),
                Scales = TensorMemory.Floats(scales), Blocks = blocks, Slices = slices,
            });
        }
        GC.KeepAlive(values);
        var scaleCodes = empty([blocks], dtype: ScalarType.Int8);
        var steps = TensorMemory.NewFloats((blocks + BlockScales - 1) / BlockScales);
        var mean = QuantizeScales(scales, scaleCodes, steps);
        return new Nf4Matrix(weight.Sizes(), codes, scaleCodes, steps, mean);
    }

    /// <inheritdoc/>
    public Tensor Expand(long firstRow, long rows, ScalarType dtype)
    {
        var expanded = empty([rows, Shape[1]], dtype: dtype);
        Expand(firstRow, expanded);
        return expanded;
    }

    /// <inheritdoc/>
    public void Expand(long firstRow, Tensor into)
    {
        if (into.dtype == ScalarType.BFloat16) Expand(firstRow, into, TensorMemory.Elements<Bf16>(into));
        else if (into.dtype == ScalarType.Float32) Expand(firstRow, into, TensorMemory.Elements<Fp32>(into));
        else throw new ArgumentOutOfRangeException(nameof(into), into.dtype, "allowed: Float32, BFloat16");
    }

    public void Dispose()
    {
        codes.Dispose();
        scaleCodes.Dispose();
        scaleSteps.Dispose();
    }

    private static float QuantizeScales(Tensor scales, Tensor scaleCodes, Tensor steps)
    {
        var scale = TensorMemory.Floats(scales);
        var code = TensorMemory.Elements<sbyte>(scaleCodes);
        var step = TensorMemory.Floats(steps);
        var blocks = scales.numel();
        var sum = 0.0;
        for (var block = 0L; block < blocks; block++) sum += scale[block];
        var mean = (float)(sum / blocks);
        for (var first = 0L; first < blocks; first += BlockScales)
        {
            var end = Math.Min(first + BlockScales, blocks);
            var largest = 0f;
            for (var block = first; block < end; block++) largest = MathF.Max(largest, MathF.Abs(scale[block] - mean));
            var unit = step[first / BlockScales] = largest / sbyte.MaxValue;
            for (var block = first; block < end; block++) code[block] = unit > 0 ? (sbyte)MathF.Round((scale[block] - mean) / unit) : (sbyte)0;
        }
        return mean;
    }

    private void Expand<T>(long firstRow, Tensor expanded, T* to)
        where T : unmanaged, IElement<T>
    {
        var from = firstRow * Shape[1];
        var slices = ThreadTeam.Slices(expanded.size(0), expanded.numel());
        ThreadTeam.Run(slices, new Nf4Decoding<T>
        {
            Codes = TensorMemory.Elements<byte>(codes), ScaleCodes = TensorMemory.Elements<sbyte>(scaleCodes), ScaleSteps = TensorMemory.Floats(scaleSteps),
            MeanScale = meanScale, To = to, From = from, End = from + expanded.numel(), Slices = slices,
        });
        GC.KeepAlive(expanded);
    }
}
