using Microsoft.AspNetCore.Http;

namespace Serverless.Faults.Proxy;

/// <summary>One call of the storage.</summary>
/// <param name="Kind">Which operation.</param>
/// <param name="Path">The blob or container, account included.</param>
/// <param name="RequestId">What the client calls it; the same for all its tries.</param>
internal sealed record StorageCall(CallKind Kind, string Path, string RequestId)
{
    /// <summary>Whether it changes something.</summary>
    public bool Writes => Kind is not (CallKind.GetBlob or CallKind.GetBlockList or CallKind.ListBlobs or CallKind.GetProperties);

    public static StorageCall Of(HttpRequest request) => new(KindOf(request), request.Path, request.Headers["x-ms-client-request-id"].ToString());

    private static CallKind KindOf(HttpRequest request) =>
        (request.Method, request.Query["restype"].ToString(), request.Query["comp"].ToString(), request.Headers.ContainsKey("x-ms-copy-source")) switch
        {
            ("PUT", "container", "", _) => CallKind.CreateContainer,
            ("GET", "container", "list", _) => CallKind.ListBlobs,
            ("GET", "", "", _) => CallKind.GetBlob,
            ("HEAD", "", "", _) => CallKind.GetProperties,
            ("PUT", "", "metadata", _) => CallKind.SetMetadata,
            ("DELETE", "", "", _) => CallKind.DeleteBlob,
            ("PUT", "", "block", _) => CallKind.PutBlock,
            ("PUT", "", "blocklist", _) => CallKind.PutBlockList,
            ("GET", "", "blocklist", _) => CallKind.GetBlockList,
            ("PUT", "", "lease", _) => LeaseKindOf(request),
            ("PUT", "", "", false) => CallKind.PutBlob,
            _ => CallKind.Other,
        };

    private static CallKind LeaseKindOf(HttpRequest request) => request.Headers["x-ms-lease-action"].ToString() switch
    {
        "acquire" => CallKind.AcquireLease,
        "renew" => CallKind.RenewLease,
        "release" => CallKind.ReleaseLease,
        "break" => CallKind.BreakLease,
        _ => CallKind.Other,
    };
}
