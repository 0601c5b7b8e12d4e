using static TorchSharp.torch;

namespace Serverless.Learning.Formats.Gguf;

/// <summary>A tensor on its way into a GGUF file.</summary>
/// <param name="Name">As GGUF calls it.</param>
/// <param name="Type">What it is stored as.</param>
/// <param name="Shape">Row-major.</param>
/// <param name="Open">Gives the elements: a CPU tensor of that shape and any floating-point dtype, disposed by the caller. Called more than once.</param>
internal sealed record GgufSource(string Name, GgufType Type, IReadOnlyList<long> Shape, Func<Tensor> Open)
{
    private const int PieceElements = 1 << 22; // a multiple of every block

    public delegate void Piece(ReadOnlySpan<float> values, long first);

    public long Elements => Shape.Aggregate(1L, (product, size) => checked(product * size));

    public long Bytes => Elements / GgufBlocks.ElementsOf(Type) * GgufBlocks.BytesOf(Type);

    /// <summary>Calls <paramref name="visit"/> with pieces of the elements as floats, in order; the whole tensor is never held as floats.</summary>
    public void ForEachPiece(Piece visit)
    {
        using var tensor = Open();
        if (!tensor.shape.SequenceEqual(Shape))
            throw new InvalidOperationException($"{Name}: opened as {Quoted.Shape(tensor.shape)}, declared as {Quoted.Shape(Shape)}");
        using var contiguous = tensor.contiguous();
        using var flat = contiguous.view(-1);
        for (var first = 0L; first < Elements; first += PieceElements)
        {
            using var piece = flat.narrow(0, first, Math.Min(PieceElements, Elements - first));
            using var single = piece.to(ScalarType.Float32);
            var at = first;
            TensorPieces.ForEachPiece(single, (bytes, _) => visit(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes), at));
        }
    }
}
