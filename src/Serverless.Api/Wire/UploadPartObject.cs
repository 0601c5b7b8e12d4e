namespace Serverless.Api.Wire;

/// <summary>A part of an upload. The time is seconds since 1970.</summary>
internal sealed record UploadPartObject(string Id, long CreatedAt, string UploadId)
{
    public string Object { get; } = "upload.part";
}
