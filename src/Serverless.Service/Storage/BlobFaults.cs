using Azure;
using Azure.Storage.Blobs.Models;

namespace Serverless.Service.Storage;

/// <summary>What the storage's refusals mean.</summary>
public static class BlobFaults
{
    /// <summary>There is no such blob.</summary>
    public static bool IsMissing(this RequestFailedException fault) => fault.ErrorCode == BlobErrorCode.BlobNotFound;

    /// <summary>A blob that was to be new exists, or one that was to be unchanged has changed.</summary>
    public static bool IsConditionNotMet(this RequestFailedException fault) =>
        fault.ErrorCode == BlobErrorCode.ConditionNotMet || fault.ErrorCode == BlobErrorCode.BlobAlreadyExists;

    /// <summary>Somebody else wrote the same new blob at the same time and was first; blocks sent for it until then are dropped.</summary>
    public static bool IsOvertaken(this RequestFailedException fault) =>
        fault.IsConditionNotMet() || fault.ErrorCode == BlobErrorCode.InvalidBlockList;

    /// <summary>The lease named in a call is not, or not any more, the one on the blob.</summary>
    public static bool IsLeaseRefused(this RequestFailedException fault) =>
        fault.Status is 409 or 412 && fault.ErrorCode?.StartsWith("Lease", StringComparison.Ordinal) == true;

    /// <summary>Why the storage did not answer, in one line: what lies beneath the tries of the client.</summary>
    public static string Reason(Exception fault) => fault.GetBaseException() switch
    {
        AggregateException tries => Reason(tries.InnerExceptions[^1]),
        RequestFailedException { Status: not 0 } refused => $"{refused.Status} {refused.ErrorCode}".TrimEnd(),
        var beneath => beneath.Message.Split('\n')[0].TrimEnd(),
    };

    /// <summary>The storage did not answer, or not in time: the same call may succeed later.</summary>
    public static bool IsAway(Exception fault) => fault switch
    {
        RequestFailedException refused => refused.Status is 0 or 408 or 429 or >= 500,
        AggregateException tries => tries.InnerExceptions.All(IsAway),
        OperationCanceledException or IOException => true,
        _ => false,
    };
}
