using Serverless.Learning.Kernels;
using TorchSharp;

namespace Serverless.Learning.Models.Positions;

/// <summary>
/// Cosines and sines of rotary positions (Su et al., arXiv 2104.09864, equation 34), in Hugging Face's layout: channel i is paired with
/// channel i + size/2. Rows are computed when a sequence first reaches them, so a context of 131,072 positions costs nothing until it is used.
/// Owns its tensors. Not thread-safe.
/// </summary>
public sealed class RotaryTable : IDisposable
{
    private readonly double[] frequencies;
    private readonly double amplitude;
    private readonly int positions;
    private torch.Tensor cosines;
    private torch.Tensor sines;

    /// <param name="positions">The most positions that will be asked for.</param>
    public RotaryTable(RotarySettings settings, int positions)
    {
        this.positions = positions;
        Size = settings.Size;
        frequencies = settings.Frequencies();
        amplitude = settings.Scaling?.Amplitude ?? 1;
        cosines = torch.empty(0, Size).DetachFromDisposeScope();
        sines = torch.empty(0, Size).DetachFromDisposeScope();
    }

    /// <summary>Channels that turn.</summary>
    public int Size { get; }

    /// <summary>The rows of positions 0 to <paramref name="count"/> - 1.</summary>
    /// <returns>[count, size], float32, both of them new, owned by the caller's dispose scope.</returns>
    public (torch.Tensor Cosines, torch.Tensor Sines) First(int count)
    {
        Reach(count);
        return (cosines.narrow(0, 0, count).clone(), sines.narrow(0, 0, count).clone());
    }

    /// <summary>The rows of the given positions.</summary>
    /// <param name="at">[N] int64.</param>
    /// <param name="highest">The highest position among them.</param>
    /// <returns>[N, size], float32, both of them new, owned by the caller's dispose scope.</returns>
    public (torch.Tensor Cosines, torch.Tensor Sines) Rows(torch.Tensor at, int highest)
    {
        Reach(highest + 1);
        return (cosines.index_select(0, at), sines.index_select(0, at));
    }

    /// <summary>Where the rows of positions 0 to <paramref name="count"/> - 1 lie, one after the other, until more are asked for.</summary>
    internal unsafe (nint Cosines, nint Sines) Addresses(int count)
    {
        Reach(count);
        return ((nint)TensorMemory.Floats(cosines), (nint)TensorMemory.Floats(sines));
    }

    public void Dispose()
    {
        cosines.Dispose();
        sines.Dispose();
    }

    private void Reach(int count)
    {
        if (count > positions) throw new ArgumentOutOfRangeException(nameof(count), count, $"The model's context has {positions} positions.");
        if (count <= cosines.shape[0]) return;
        var length = (int)Math.Min(positions, Math.Max(count, 2 * cosines.shape[0]));
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
        Dispose();
        cosines = torch.tensor(cosine, [length, Size]).DetachFromDisposeScope();
        sines = torch.tensor(sine, [length, Size]).DetachFromDisposeScope();
    }
}
