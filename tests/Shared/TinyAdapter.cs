using Serverless.Learning.Adapters;
using Serverless.Learning.Formats;
using Serverless.Learning.Models;

namespace Serverless.Tests;

/// <summary>An adapter of a <see cref="TinyModel"/> in PEFT's layout, rank 2 on every matrix, that changes its answers.</summary>
public static class TinyAdapter
{
    /// <summary>Writes the folder and returns its path.</summary>
    /// <param name="model">The tiny model's folder.</param>
    /// <param name="baseModel">What the adapter calls its base.</param>
    /// <param name="by">What is added to every number of a fresh adapter.</param>
    public static string Write(string folder, string model, string baseModel, double by = 0.25)
    {
        var options = new AdapterOptions { Rank = 2 };
        using var whole = LanguageModel.Load(model);
        using var adapter = LoraAdapter.Wrap(whole.Decoder, options, seed: 1);
        foreach (var entry in adapter.Tensors())
            entry.Value.add_(by);
        PeftAdapter.Save(folder, options, baseModel, adapter.Tensors());
        return folder;
    }
}
