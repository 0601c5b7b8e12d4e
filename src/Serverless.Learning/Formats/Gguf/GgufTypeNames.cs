using System.Collections.Immutable;

namespace Serverless.Learning.Formats.Gguf;

/// <summary>What people call the types of a GGUF file's matrices.</summary>
public static class GgufTypeNames
{
    /// <summary>What is written where no type is named.</summary>
    public const string Usual = "f16";

    /// <summary>The names, widest first.</summary>
    public static ImmutableArray<string> All { get; } = ["f32", "f16", "bf16", "q8_0", "q4_0"];

    /// <exception cref="ArgumentException">It is none of <see cref="All"/>.</exception>
    public static GgufType TypeOf(string name) => All.Contains(name)
        ? Enum.Parse<GgufType>(name, ignoreCase: true)
        : throw new ArgumentException($"{name} is no type of GGUF's that is written", nameof(name));
}
