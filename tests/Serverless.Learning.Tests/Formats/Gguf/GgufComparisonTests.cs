using Serverless.Learning.Formats.Gguf;
using TorchSharp;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Formats.Gguf;

/// <summary>What the exporter asks of every file that it has written.</summary>
public sealed class GgufComparisonTests : IDisposable
{
    private static readonly KeyValuePair<string, object>[] Metadata = [new("general.name", "x"), new("tokenizer.ggml.tokens", new[] { "a", "b" })];

    private readonly TemporaryFolder folder = new();
    private readonly DisposeScope scope = NewDisposeScope();

    private string File => folder["x.gguf"];

    [Fact]
    public void What_was_written_is_found()
    {
        GgufWriter.Write(File, Metadata, Sources());
        GgufComparison.Check(File, Metadata, Sources());
    }

    [Theory]
    [InlineData("full", "element 3: ")]
    [InlineData("half", "element 3: ")]
    [InlineData("brain", "element 3: ")]
    [InlineData("eight", "element ")]
    [InlineData("four", "element ")]
    public void An_element_that_changed_on_the_way_is_named_with_its_tensor(string tensor, string element)
    {
        GgufWriter.Write(File, Metadata, Sources());
        long start;
        using (var written = GgufFile.Open(File)) start = written.Tensors[tensor].Offset;
        // The sign of an element, or, behind a block's scale of two bytes, one of its codes.
        Damage(start + tensor switch { "full" => 4 * 4 - 1, "half" or "brain" => 2 * 4 - 1, _ => 5 });

        var fault = Assert.Throws<InvalidDataException>(() => GgufComparison.Check(File, Metadata, Sources()));
        Assert.StartsWith($"{File}, tensor {tensor}, {element}", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_that_is_missing_is_named()
    {
        GgufWriter.Write(File, Metadata, [.. Sources().Where(source => source.Name != "half")]);
        Assert.Equal($"{File}, tensor half: missing", Fault());
    }

    [Fact]
    public void A_tensor_of_another_type_or_shape_is_named_with_both()
    {
        GgufWriter.Write(File, Metadata, [.. Sources().Select(source => source.Name == "eight" ? source with { Type = GgufType.F16 } : source)]);
        Assert.Equal($"{File}, tensor eight: F16 [3, 64]; Q8_0 [3, 64] was written", Fault());

        GgufWriter.Write(File, Metadata, [.. Sources().Select(source => source.Name == "four" ? source with { Shape = [6, 32], Open = () => Drawn().view(6, 32) } : source)]);
        Assert.Equal($"{File}, tensor four: Q4_0 [6, 32]; Q4_0 [3, 64] was written", Fault());
    }

    [Fact]
    public void A_tensor_or_key_too_many_is_named()
    {
        GgufWriter.Write(File, Metadata, [.. Sources(), new GgufSource("another", GgufType.F32, [3, 64], Drawn)]);
        Assert.Equal($"{File}, another: was not written", Fault());
        GgufWriter.Write(File, [.. Metadata, new("general.author", "y")], Sources());
        Assert.Equal($"{File}, general.author: was not written", Fault());
    }

    [Fact]
    public void A_key_that_is_missing_or_differs_is_named()
    {
        GgufWriter.Write(File, Metadata[..1], Sources());
        Assert.Equal($"{File}, tokenizer.ggml.tokens: missing", Fault());
        GgufWriter.Write(File, [Metadata[0], new("tokenizer.ggml.tokens", new[] { "a", "c" })], Sources());
        Assert.Equal($"{File}, tokenizer.ggml.tokens: differs from what was written", Fault());
        GgufWriter.Write(File, [new("general.name", 1u), Metadata[1]], Sources());
        Assert.Equal($"{File}, general.name: differs from what was written", Fault());
    }

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }

    private string Fault() => Assert.Throws<InvalidDataException>(() => GgufComparison.Check(File, Metadata, Sources())).Message;

    private void Damage(long at)
    {
        using var stream = System.IO.File.Open(File, FileMode.Open, FileAccess.ReadWrite);
        stream.Position = at;
        var value = stream.ReadByte();
        stream.Position = at;
        stream.WriteByte((byte)(value ^ 0x80));
    }

    private static List<GgufSource> Sources() =>
    [
        new("full", GgufType.F32, [3, 64], Drawn), new("half", GgufType.F16, [3, 64], Drawn), new("brain", GgufType.BF16, [3, 64], Drawn),
        new("eight", GgufType.Q8_0, [3, 64], Drawn), new("four", GgufType.Q4_0, [3, 64], Drawn),
    ];

    private static Tensor Drawn() => tensor(Enumerable.Range(0, 192).Select(i => (float)Math.Sin(0.7 * i + 0.1)).ToArray(), [3, 64]);
}
