using static TorchSharp.torch;

namespace Serverless.Learning.Formats;

/// <summary>
/// The element types of safetensors that torch has too, in the order in which the reference implementation lays tensors out:
/// types with the larger alignment first, and within one alignment as its <c>Dtype</c> enumeration ranks them.
/// </summary>
internal static class SafetensorsDtype
{
    private static readonly (string Name, ScalarType Type, int Bytes)[] Ranked =
    [
        ("I64", ScalarType.Int64, 8),
        ("F64", ScalarType.Float64, 8),
        ("F32", ScalarType.Float32, 4),
        ("I32", ScalarType.Int32, 4),
        ("BF16", ScalarType.BFloat16, 2),
        ("F16", ScalarType.Float16, 2),
        ("I16", ScalarType.Int16, 2),
        ("I8", ScalarType.Int8, 1),
        ("U8", ScalarType.Byte, 1),
        ("BOOL", ScalarType.Bool, 1),
    ];

    /// <summary>The names, as an error lists them.</summary>
    public static string Allowed { get; } = string.Join(", ", Ranked.Select(dtype => dtype.Name));

    public static bool TryParse(string name, out ScalarType type)
    {
        var rank = Array.FindIndex(Ranked, dtype => dtype.Name == name);
        type = rank < 0 ? default : Ranked[rank].Type;
        return rank >= 0;
    }

    /// <summary>Position in the layout: 0 comes first in a file.</summary>
    /// <exception cref="ArgumentException">The type has no place in a safetensors file (complex and quantised types).</exception>
    public static int RankOf(ScalarType type)
    {
        var rank = Array.FindIndex(Ranked, dtype => dtype.Type == type);
        return rank >= 0 ? rank : throw new ArgumentException($"{type} cannot be stored in safetensors; allowed: {Allowed}", nameof(type));
    }

    public static string NameOf(ScalarType type) => Ranked[RankOf(type)].Name;

    /// <summary>Bytes of one element.</summary>
    public static int SizeOf(ScalarType type) => Ranked[RankOf(type)].Bytes;

    /// <summary>Whether <paramref name="type"/> is one that weights come in.</summary>
    public static bool IsFloat(ScalarType type) =>
        type is ScalarType.Float64 or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16;
}
