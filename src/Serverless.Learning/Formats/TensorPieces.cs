using static TorchSharp.torch;

namespace Serverless.Learning.Formats;

/// <summary>A tensor's elements as bytes, in pieces, because one span ends at 2 GB and a tensor does not.</summary>
internal static class TensorPieces
{
    private const long LargestPiece = 1L << 30;

    public delegate void Piece(Span<byte> bytes, long offset);

    /// <summary>Calls <paramref name="visit"/> for each piece, in order, with its offset in bytes from the tensor's beginning.</summary>
    /// <param name="tensor">A contiguous CPU tensor of any type.</param>
    /// <param name="pieceBytes">The largest piece, at least one element.</param>
    public static void ForEachPiece(Tensor tensor, Piece visit, long pieceBytes = LargestPiece)
    {
        var elements = tensor.numel();
        if (elements == 0)
            return;

        var pieceElements = pieceBytes / tensor.element_size();
        using var flat = tensor.view(-1);
        for (var first = 0L; first < elements; first += pieceElements)
        {
            using var piece = flat.narrow(0, first, Math.Min(pieceElements, elements - first));
            visit(piece.bytes, first * tensor.element_size());
        }
    }
}
