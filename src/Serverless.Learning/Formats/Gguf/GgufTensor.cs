namespace Serverless.Learning.Formats.Gguf;

/// <summary>One tensor as a GGUF file describes it.</summary>
/// <param name="Shape">Row-major as torch writes it; the file holds the same numbers in the opposite order.</param>
/// <param name="Offset">Bytes from the beginning of the file.</param>
/// <param name="Length">Bytes.</param>
public sealed record GgufTensor(string Name, GgufType Type, IReadOnlyList<long> Shape, long Offset, long Length);
