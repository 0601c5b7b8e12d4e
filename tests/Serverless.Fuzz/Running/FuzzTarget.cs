using Serverless.Learning;

namespace Serverless.Fuzz.Running;

/// <summary>A parser that meets foreign bytes. What it promises of any input: it takes it, or refuses it with an <see cref="InputError"/>, soon and in little memory.</summary>
/// <param name="Name">What <c>--target</c> calls it.</param>
/// <param name="Corpus">Inputs that are changed; most of them valid.</param>
/// <param name="Run">Has the parser take an input; throws what the parser throws.</param>
public sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Corpus, Action<byte[]> Run)
{
    /// <summary>Words of the format, which are put into inputs.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>Managed bytes that an input may cost, besides <see cref="BytesPerByte"/> for each of its own.</summary>
    public long Bytes { get; init; } = 64L << 20;

    /// <summary>Managed bytes that each byte of an input may cost.</summary>
    public long BytesPerByte { get; init; } = 500;

    /// <summary>Processor time that an input may take.</summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromSeconds(2);
}
