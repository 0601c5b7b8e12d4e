namespace Serverless.Service.Storage;

/// <summary>Opens the storage account that <see cref="StorageSettings"/> names.</summary>
public static class BlobAccountFactory
{
    public static BlobAccount Open(StorageSettings settings) => throw new NotImplementedException();
}
