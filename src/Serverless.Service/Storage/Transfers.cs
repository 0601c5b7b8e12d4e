using Azure.Storage;

namespace Serverless.Service.Storage;

/// <summary>How contents move: in blocks of 4 MB, up to four at a time, so that any size passes through little memory.</summary>
internal static class Transfers
{
    public const int BlockBytes = 4 * 1024 * 1024;

    public static StorageTransferOptions Options => new()
    {
        InitialTransferSize = BlockBytes,
        MaximumTransferSize = BlockBytes,
        MaximumConcurrency = 4,
    };
}
