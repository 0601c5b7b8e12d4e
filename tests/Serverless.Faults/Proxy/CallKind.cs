namespace Serverless.Faults.Proxy;

/// <summary>The operations of the Blob service's REST API that heads use.</summary>
internal enum CallKind
{
    GetBlob,
    PutBlob,
    PutBlock,
    PutBlockList,
    ListBlobs,
    LeaseBlob,
    DeleteBlob,
    GetProperties,
    CreateContainer,
    Other,
}
