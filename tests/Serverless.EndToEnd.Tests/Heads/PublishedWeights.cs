using Serverless.Service.Models;
using Serverless.Service.Storage;

namespace Serverless.EndToEnd.Tests.Heads;

/// <summary>What a published model consists of, as the storage has it.</summary>
internal static class PublishedWeights
{
    /// <summary>The SHA-256 of every safetensors file of the model, by path.</summary>
    public static async Task<Dictionary<string, string>> HashesAsync(BlobAccount account, string model)
    {
        var record = await new ModelCatalog(account).FindAsync(new ModelId(model), TestContext.Current.CancellationToken);
        var weights = record!.Parts.Where(part => part.Path.EndsWith(".safetensors", StringComparison.Ordinal)).ToDictionary(part => part.Path, part => part.Sha256);
        Assert.Contains("model.safetensors", weights.Keys);
        return weights;
    }
}
