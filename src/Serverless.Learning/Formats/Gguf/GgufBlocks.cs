using System.Buffers.Binary;

namespace Serverless.Learning.Formats.Gguf;

/// <summary>
/// Floats to stored elements and back. The quantised types round as ggml's reference functions do (ggml-quants.c,
/// <c>quantize_row_q8_0_ref</c> and <c>quantize_row_q4_0_ref</c>).
/// </summary>
internal static class GgufBlocks
{
    private const int QuantisedElements = 32;

    /// <summary>Elements that are stored together; a row's length is a multiple of it.</summary>
    public static int ElementsOf(GgufType type) => type is GgufType.Q8_0 or GgufType.Q4_0 ? QuantisedElements : 1;

    /// <summary>Bytes that one such group takes.</summary>
    public static int BytesOf(GgufType type) => type switch
    {
        GgufType.F32 => 4,
        GgufType.F16 or GgufType.BF16 => 2,
        GgufType.Q8_0 => 2 + QuantisedElements,
        GgufType.Q4_0 => 2 + QuantisedElements / 2,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <summary>The largest magnitude that the type can hold.</summary>
    public static float LargestOf(GgufType type) => type switch
    {
        GgufType.F16 => 65504f,
        GgufType.Q8_0 => 65504f * 127,
        GgufType.Q4_0 => 65504f * 8,
        GgufType.BF16 => 3.3895314e38f,
        _ => float.MaxValue,
    };

    /// <summary>
    /// How far a stored element may lie from what was meant: half a step of the type at that magnitude, in a block whose largest
    /// magnitude is <paramref name="blockMaximum"/>, plus what rounding the block's scale to F16 adds.
    /// </summary>
    public static float ToleranceOf(GgufType type, float blockMaximum) => type switch
    {
        GgufType.F32 => 0,
        GgufType.F16 => blockMaximum * (1f / 2048) + 3e-8f, // 11 significant bits; below 2^-14 steps of 2^-24
        GgufType.BF16 => blockMaximum * (1f / 256), // 8 significant bits
        GgufType.Q8_0 => blockMaximum * (0.5f / 127 + 1f / 1024) + 127 * 3e-8f,
        GgufType.Q4_0 => blockMaximum * (1f / 8 + 1f / 1024) + 8 * 3e-8f, // 15 steps, uneven: the far end is clipped by one
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <param name="values">A whole number of groups.</param>
    /// <param name="stored">Exactly the bytes they take.</param>
    public static void Encode(GgufType type, ReadOnlySpan<float> values, Span<byte> stored)
    {
        int elements = ElementsOf(type), bytes = BytesOf(type);
        for (int first = 0, at = 0; first < values.Length; first += elements, at += bytes)
        {
            var block = values.Slice(first, elements);
            var target = stored.Slice(at, bytes);
            switch (type)
            {
                case GgufType.F32:
                    BinaryPrimitives.WriteSingleLittleEndian(target, block[0]);
                    break;
                case GgufType.F16:
                    BinaryPrimitives.WriteHalfLittleEndian(target, (Half)block[0]);
                    break;
                case GgufType.BF16:
                    BinaryPrimitives.WriteUInt16LittleEndian(target, ToBFloat16(block[0]));
                    break;
                case GgufType.Q8_0:
                    EncodeQ8(block, target);
                    break;
                default:
                    EncodeQ4(block, target);
                    break;
            }
        }
    }

    /// <param name="stored">A whole number of groups.</param>
    /// <param name="values">As many floats as they hold.</param>
    public static void Decode(GgufType type, ReadOnlySpan<byte> stored, Span<float> values)
    {
        int elements = ElementsOf(type), bytes = BytesOf(type);
        for (int first = 0, at = 0; first < values.Length; first += elements, at += bytes)
        {
            var source = stored.Slice(at, bytes);
            var block = values.Slice(first, elements);
            switch (type)
            {
                case GgufType.F32:
                    block[0] = BinaryPrimitives.ReadSingleLittleEndian(source);
                    break;
                case GgufType.F16:
                    block[0] = (float)BinaryPrimitives.ReadHalfLittleEndian(source);
                    break;
                case GgufType.BF16:
                    block[0] = BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(source) << 16);
                    break;
                case GgufType.Q8_0:
                    DecodeQ8(source, block);
                    break;
                default:
                    DecodeQ4(source, block);
                    break;
            }
        }
    }

    /// <summary>To nearest, ties to even; finite values only.</summary>
    private static ushort ToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    private static void EncodeQ8(ReadOnlySpan<float> block, Span<byte> target)
    {
        var largest = 0f;
        foreach (var value in block)
            largest = MathF.Max(largest, MathF.Abs(value));

        var scale = largest / 127;
        var inverse = scale == 0 ? 0 : 1 / scale;
        BinaryPrimitives.WriteHalfLittleEndian(target, (Half)scale);
        for (var i = 0; i < block.Length; i++)
            target[2 + i] = (byte)(sbyte)MathF.Round(block[i] * inverse, MidpointRounding.AwayFromZero);
    }

    private static void DecodeQ8(ReadOnlySpan<byte> source, Span<float> block)
    {
        var scale = (float)BinaryPrimitives.ReadHalfLittleEndian(source);
        for (var i = 0; i < block.Length; i++)
            block[i] = scale * (sbyte)source[2 + i];
    }

    /// <summary>Element i in the low half of byte i, element i + 16 in the high half; 8 stands for zero.</summary>
    private static void EncodeQ4(ReadOnlySpan<float> block, Span<byte> target)
    {
        float largest = 0, extreme = 0;
        foreach (var value in block)
        {
            if (MathF.Abs(value) > largest)
                (largest, extreme) = (MathF.Abs(value), value);
        }

        var scale = extreme / -8;
        var inverse = scale == 0 ? 0 : 1 / scale;
        BinaryPrimitives.WriteHalfLittleEndian(target, (Half)scale);
        for (var i = 0; i < block.Length / 2; i++)
        {
            var low = Math.Clamp((int)(block[i] * inverse + 8.5f), 0, 15);
            var high = Math.Clamp((int)(block[i + block.Length / 2] * inverse + 8.5f), 0, 15);
            target[2 + i] = (byte)(low | (high << 4));
        }
    }

    private static void DecodeQ4(ReadOnlySpan<byte> source, Span<float> block)
    {
        var scale = (float)BinaryPrimitives.ReadHalfLittleEndian(source);
        for (var i = 0; i < block.Length / 2; i++)
        {
            block[i] = scale * ((source[2 + i] & 0xF) - 8);
            block[i + block.Length / 2] = scale * ((source[2 + i] >> 4) - 8);
        }
    }
}
