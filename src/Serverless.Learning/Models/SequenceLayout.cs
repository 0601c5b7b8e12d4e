using TorchSharp;

namespace Serverless.Learning.Models;

/// <summary>
/// How B rows of T tokens lie beside each other: their rotary positions, and which text each token belongs to. A token attends to earlier
/// tokens of its own text. Owns its tensors.
/// </summary>
public sealed class SequenceLayout : IDisposable
{
    private SequenceLayout(int rows, int time, torch.Tensor cosines, torch.Tensor sines, torch.Tensor? documents)
    {
        Rows = rows;
        Time = time;
        Cosines = cosines.DetachFromDisposeScope();
        Sines = sines.DetachFromDisposeScope();
        Documents = documents?.DetachFromDisposeScope();
    }

    /// <summary>B.</summary>
    public int Rows { get; }

    /// <summary>T, the number of new tokens in each row.</summary>
    public int Time { get; }

    /// <summary>[T, head size] or [B, T, head size], float32.</summary>
    public torch.Tensor Cosines { get; }

    /// <summary>Of the cosines' shape.</summary>
    public torch.Tensor Sines { get; }

    /// <summary>[B, S], int64: the text of each of the S cached and new tokens; null where each row is one text.</summary>
    public torch.Tensor? Documents { get; }

    /// <summary>Rows of one text each, from its beginning: positions 0..T-1.</summary>
    public static SequenceLayout Causal(RotaryTable rotary, int rows, int time)
    {
        using var scope = torch.NewDisposeScope();
        return new SequenceLayout(rows, time, rotary.Cosines.narrow(0, 0, time).clone(), rotary.Sines.narrow(0, 0, time).clone(), null);
    }

    /// <summary>Rows with positions and texts of their own: several examples packed in a row, or new tokens after cached ones.</summary>
    /// <param name="positions">B*T positions, row after row, each inside its text.</param>
    /// <param name="documents">B*S numbers, row after row: tokens of equal number in a row are one text. Null where each row is one text.</param>
    public static SequenceLayout At(RotaryTable rotary, int rows, int time, int[] positions, int[]? documents)
    {
        using var scope = torch.NewDisposeScope();
        var index = torch.tensor(positions, [positions.Length], torch.ScalarType.Int64);
        return new SequenceLayout(rows, time,
            rotary.Cosines.index_select(0, index).view(rows, time, -1), rotary.Sines.index_select(0, index).view(rows, time, -1),
            documents is null ? null : torch.tensor(documents, [rows, documents.Length / rows], torch.ScalarType.Int64));
    }

    public void Dispose()
    {
        Cosines.Dispose();
        Sines.Dispose();
        Documents?.Dispose();
    }
}
