using Serverless.Learning.Formats;
using Serverless.Learning.Models;
using static TorchSharp.torch;

namespace Serverless.Learning.Adapters;

/// <summary>Makes one model of a base and a stored adapter, to be used like any other: trained further, or evaluated.</summary>
public static class AdapterMerge
{
    /// <summary>
    /// Writes a Hugging Face folder with the base's files and its weights with the adapter added in float32. Nothing is rounded, so that what is
    /// trained further begins exactly where base and adapter together stand. One weight at a time is made; the target appears whole.
    /// </summary>
    /// <param name="baseFolder">The base's Hugging Face folder.</param>
    /// <param name="adapterFolder">A folder in PEFT's layout.</param>
    /// <exception cref="InputError">A folder cannot be read, or the adapter is not supported or none of this base's.</exception>
    public static void Write(string baseFolder, string adapterFolder, string folder)
    {
        using var decoder = Decoder.Load(baseFolder);
        using var adapter = LoraAdapter.Load(decoder, adapterFolder);
        ModelFolder.WriteMerged(baseFolder, folder, [.. decoder.Weights.Select(weight => new PendingTensor(
            weight.Name, weight.Shape, ScalarType.Float32, () => adapter.Fuse(weight.Name, weight.Value.detach())))], ScalarType.Float32);
    }
}
