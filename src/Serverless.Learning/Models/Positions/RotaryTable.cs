using Serverless.Learning.Kernels;
using TorchSharp;

namespace Serverless.Learning.Models.Positions;

/// <summary>
/// Cosines and sines of rotary positions (Su et al., arXiv 2104.09864, equation 34), in Hugging Face's layout: channel i is paired with
/// channel i + size/2. Rows are computed when a sequence first reaches them, so a context of 131,072 positions costs nothing until it is used.
/// Owns its tensors. May be asked from several threads at a time; tables that were outgrown stay until it is disposed, twice the largest in all.
/// </summary>
public sealed class RotaryTable : IDisposable
{
    private readonly double[] frequencies;
    private readonly double amplitude;
    private readonly int positions;
    private readonly Lock growing = new();
    private readonly List<Table> tables = [];
    private volatile Table current;

    /// <param name="positions">The most positions that will be asked for.</param>
    public RotaryTable(RotarySettings settings, int positions)
    {
        this.positions = positions;
        Size = settings.Size;
        frequencies = settings.Frequencies();
        amplitude = settings.Scaling?.Amplitude ?? 1;
        tables.Add(current = new Table(torch.empty(0, Size).DetachFromDisposeScope(), torch.empty(0, Size).DetachFromDisposeScope()));
    }

    /// <summary>Channels that turn.</summary>
    public int Size { get; }

    /// <summary>The rows of positions 0 to <paramref name="count"/> - 1.</summary>
    /// <returns>[count, size], float32, both of them new, owned by the caller's dispose scope.</returns>
    public (torch.Tensor Cosines, torch.Tensor Sines) First(int count)
    {
        var table = Reach(count);
        return (table.Cosines.narrow(0, 0, count).clone(), table.Sines.narrow(0, 0, count).clone());
    }

    /// <summary>The rows of the given positions.</summary>
    /// <param name="at">[N] int64.</param>
    /// <param name="highest">The highest position among them.</param>
    /// <returns>[N, size], float32, both of them new, owned by the caller's dispose scope.</returns>
    public (torch.Tensor Cosines, torch.Tensor Sines) Rows(torch.Tensor at, int highest)
    {
        var table = Reach(highest + 1);
        return (table.Cosines.index_select(0, at), table.Sines.index_select(0, at));
    }

    /// <summary>Where the rows of positions 0 to <paramref name="count"/> - 1 lie, one after the other, until this is disposed.</summary>
    internal unsafe (nint Cosines, nint Sines) Addresses(int count)
    {
        var table = Reach(count);
        return ((nint)TensorMemory.Floats(table.Cosines), (nint)TensorMemory.Floats(table.Sines));
    }

    public void Dispose()
    {
        foreach (var (cosines, sines) in tables)
        {
            cosines.Dispose();
            sines.Dispose();
        }
    }

    private Table Reach(int count)
    {
        if (count > positions) throw new ArgumentOutOfRangeException(nameof(count), count, $"The model's context has {positions} positions.");
        if (count <= current.Length) return current;
        using var turn = growing.EnterScope();
        if (count <= current.Length) return current;
        var length = (int)Math.Min(positions, Math.Max(count, 2 * current.Length));
        var (cosine, sine) = (new float[length * Size], new float[length * Size]);
        var half = Size / 2;
        for (var position = 0; position < length; position++)
        {
            for (var pair = 0; pair < half; pair++)
            {
                var angle = position * frequencies[pair];
                var at = position * Size + pair;
                cosine[at] = cosine[at + half] = (float)(amplitude * Math.Cos(angle));
                sine[at] = sine[at + half] = (float)(amplitude * Math.Sin(angle));
            }
        }
        var grown = new Table(torch.tensor(cosine, [length, Size]).DetachFromDisposeScope(), torch.tensor(sine, [length, Size]).DetachFromDisposeScope());
        tables.Add(grown);
        return current = grown;
    }

    /// <param name="Cosines">[length, size], float32.</param>
    /// <param name="Sines">The same of sines.</param>
    private sealed record Table(torch.Tensor Cosines, torch.Tensor Sines)
    {
        public long Length { get; } = Cosines.size(0);
    }
}
