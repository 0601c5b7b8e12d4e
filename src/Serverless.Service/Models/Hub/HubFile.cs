namespace Serverless.Service.Models.Hub;

/// <summary>A file of a model on the hub.</summary>
/// <param name="Path">Its path in the model's repository.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">The SHA-256 of its content, for large files; null for those that git keeps itself.</param>
/// <param name="BlobSha1">Otherwise git's name of its content: the SHA-1 of <c>blob</c>, a space, the size, a zero byte, and the content.</param>
public sealed record HubFile(string Path, long Bytes, string? Sha256, string? BlobSha1);
