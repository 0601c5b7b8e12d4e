using Serverless.Learning.Randomness;
using TorchSharp;

namespace Serverless.Learning.Adapters;

/// <summary>
/// Dropout masks of one optimiser step, drawn by counter: the value at a place depends on seed, step, module, example, token and channel
/// only, so any path that computes the same example (packed otherwise, recomputed, resumed) drops the same channels.
/// </summary>
/// <param name="examples">For each of the N rows, the index of its example in the data set; -1 for padding.</param>
/// <param name="positions">For each of the N rows, its position inside the example.</param>
public sealed class DropoutSource(long seed, int step, int[] examples, int[] positions)
{
    /// <summary>A mask [N, width], float32, of 0 and 1 / (1 - rate). Owned by the caller's dispose scope.</summary>
    public torch.Tensor Mask(string module, long width, double rate)
    {
        var philox = new Philox(seed, step, ModuleKey.Of(module));
        var keep = (float)(1 / (1 - rate));
        var values = new float[examples.Length * width];
        for (var row = 0; row < examples.Length; row++)
        {
            if (examples[row] < 0) continue;
            var channels = values.AsSpan((int)(row * width), (int)width);
            philox.Fill(channels, ((ulong)(uint)examples[row] << 40) | ((ulong)(uint)positions[row] << 20));
            foreach (ref var channel in channels) channel = channel < rate ? 0 : keep;
        }
        return torch.tensor(values, [examples.Length, width]);
    }
}
