using Azure.Storage.Blobs.Models;
using Serverless.Service.Storage;

namespace Serverless.Service.Models;

/// <summary>Single files of a model's folder in blob storage.</summary>
public sealed class ModelFiles(BlobAccount account)
{
    /// <summary>The content of <paramref name="part"/>, read as it is needed.</summary>
    public async Task<Stream> OpenAsync(ModelRecord model, ModelPart part, CancellationToken cancellationToken)
    {
        var options = new BlobOpenReadOptions(allowModifications: false) { BufferSize = Transfers.BlockBytes };
        return await account.Models.GetBlobClient($"{model.Folder}/{part.Path}").OpenReadAsync(options, cancellationToken);
    }
}
