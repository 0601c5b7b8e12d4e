namespace Serverless.Faults.Proxy;

/// <summary>The operations of the Blob service's REST API that heads use, those of leases told apart by what they do.</summary>
internal enum CallKind
{
    GetBlob,
    PutBlob,
    PutBlock,
    PutBlockList,
    GetBlockList,
    ListBlobs,
    AcquireLease,
    RenewLease,
    ReleaseLease,
    BreakLease,
    DeleteBlob,
    GetProperties,
    SetMetadata,
    CreateContainer,

    /// <summary>One that heads are not known to use.</summary>
    Other,
}
