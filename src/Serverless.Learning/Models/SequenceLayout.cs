using Serverless.Learning.Models.Positions;
using TorchSharp;

namespace Serverless.Learning.Models;

/// <summary>
/// How B rows of T tokens lie beside each other: their rotary positions, and which text each token belongs to. A token attends to earlier
/// tokens of its own text. Owns its tensors.
/// </summary>
public sealed class SequenceLayout : IDisposable
{
    private SequenceLayout(int rows, int time, RotaryTables rotary, Func<RotaryTable, (torch.Tensor, torch.Tensor)> rowsOf, torch.Tensor? documents, TokenPlaces? places)
    {
        Places = places;
        Rows = rows;
        Time = time;
        Full = Kept(rowsOf(rotary.Full));
        Local = rotary.Local == rotary.Full ? Full : Kept(rowsOf(rotary.Local));
        Documents = documents?.DetachFromDisposeScope();
    }

    /// <summary>B.</summary>
    public int Rows { get; }

    /// <summary>T, the number of new tokens in each row.</summary>
    public int Time { get; }

    /// <summary>Angles of layers that attend to everything: [T, size] or [B, T, size] each, float32.</summary>
    public (torch.Tensor Cosines, torch.Tensor Sines) Full { get; }

    /// <summary>Angles of layers with a sliding window, of the same shape; those of <see cref="Full"/> in most families.</summary>
    public (torch.Tensor Cosines, torch.Tensor Sines) Local { get; }

    /// <summary>[B, T], int64: the text of each token; null where each row is one text, as it is when it goes on with cached tokens.</summary>
    public torch.Tensor? Documents { get; }

    /// <summary>Which token stands at each of the B*T places; null where tokens and places are the same.</summary>
    public TokenPlaces? Places { get; }

    /// <summary>Rows of one text each, from its beginning: positions 0..T-1.</summary>
    public static SequenceLayout Causal(RotaryTables rotary, int rows, int time)
    {
        using var scope = torch.NewDisposeScope();
        return new SequenceLayout(rows, time, rotary, table => table.First(time), null, null);
    }

    /// <summary>Rows with positions and texts of their own: several examples packed in a row, or new tokens after cached ones.</summary>
    /// <param name="positions">B*T positions, row after row, each inside its text.</param>
    /// <param name="documents">B*S numbers, row after row: tokens of equal number in a row are one text. Null where each row is one text.</param>
    /// <param name="places">Which token stands at each place, to be disposed with the layout; null where tokens and places are the same.</param>
    public static SequenceLayout At(RotaryTables rotary, int rows, int time, int[] positions, int[]? documents, TokenPlaces? places = null)
    {
        using var scope = torch.NewDisposeScope();
        var index = torch.tensor(positions, [positions.Length], torch.ScalarType.Int64);
        var highest = positions.Max();
        return new SequenceLayout(rows, time, rotary,
            table =>
            {
                var (cosines, sines) = table.Rows(index, highest);
                return (cosines.view(rows, time, -1), sines.view(rows, time, -1));
            },
            documents is null ? null : torch.tensor(documents, [rows, documents.Length / rows], torch.ScalarType.Int64),
            places);
    }

    public void Dispose()
    {
        Release(Full);
        if (!ReferenceEquals(Local.Cosines, Full.Cosines)) Release(Local);
        Documents?.Dispose();
        Places?.Dispose();
    }

    private static void Release((torch.Tensor Cosines, torch.Tensor Sines) angles)
    {
        angles.Cosines.Dispose();
        angles.Sines.Dispose();
    }

    private static (torch.Tensor, torch.Tensor) Kept((torch.Tensor Cosines, torch.Tensor Sines) angles) =>
        (angles.Cosines.DetachFromDisposeScope(), angles.Sines.DetachFromDisposeScope());
}
