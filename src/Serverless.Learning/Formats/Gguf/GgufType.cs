using System.Diagnostics.CodeAnalysis;

namespace Serverless.Learning.Formats.Gguf;

/// <summary>How a tensor's elements are stored; the numbers are those of <c>ggml_type</c>.</summary>
[SuppressMessage("Naming", "CA1707", Justification = "The format's own names.")]
public enum GgufType
{
    F32 = 0,
    F16 = 1,

    /// <summary>Blocks of 32: one F16 scale and 32 numbers of 4 bits, 18 bytes.</summary>
    Q4_0 = 2,

    /// <summary>Blocks of 32: one F16 scale and 32 numbers of 8 bits, 34 bytes.</summary>
    Q8_0 = 8,

    BF16 = 30,
}
