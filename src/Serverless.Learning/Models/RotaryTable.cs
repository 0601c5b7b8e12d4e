using TorchSharp;

namespace Serverless.Learning.Models;

/// <summary>
/// Cosines and sines of rotary positions (Su et al., arXiv 2104.09864, equation 34), in Hugging Face's layout: channel i is paired with
/// channel i + size/2.
/// </summary>
public sealed class RotaryTable : IDisposable
{
    /// <summary>[positions, head size], float32.</summary>
    public torch.Tensor Cosines { get; }

    /// <summary>[positions, head size], float32.</summary>
    public torch.Tensor Sines { get; }

    public RotaryTable(int headSize, int positions, double rotaryBase)
    {
        var cosines = new float[positions * headSize];
        var sines = new float[positions * headSize];
        var half = headSize / 2;
        for (var position = 0; position < positions; position++)
        {
            for (var pair = 0; pair < half; pair++)
            {
                var angle = position * Math.Pow(rotaryBase, -2.0 * pair / headSize);
                var at = position * headSize + pair;
                cosines[at] = cosines[at + half] = (float)Math.Cos(angle);
                sines[at] = sines[at + half] = (float)Math.Sin(angle);
            }
        }
        Cosines = torch.tensor(cosines, [positions, headSize]).DetachFromDisposeScope();
        Sines = torch.tensor(sines, [positions, headSize]).DetachFromDisposeScope();
    }

    public void Dispose()
    {
        Cosines.Dispose();
        Sines.Dispose();
    }
}
