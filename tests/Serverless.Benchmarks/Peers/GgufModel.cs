using System.Collections.Immutable;
using Serverless.Learning.Formats.Gguf;

namespace Serverless.Benchmarks.Peers;

/// <summary>A shape as a file for llama.cpp, written by our own export.</summary>
internal sealed record GgufModel(ModelShape Shape, GgufType Type)
{
    /// <summary>The three types that are held against ours.</summary>
    public static ImmutableArray<GgufModel> All { get; } =
        [new(ModelShape.Llama135M, GgufType.F32), new(ModelShape.Llama135M, GgufType.BF16), new(ModelShape.Llama135M, GgufType.Q8_0)];

    /// <summary>The file's name.</summary>
    public string Name => $"{Shape.Name}-{Type}.gguf";

    /// <param name="models">The folder in which the shape is, and the file will be.</param>
    public void WriteTo(string models) => GgufExport.Write(Path.Combine(models, Shape.Name), Path.Combine(models, Name), Type);
}
