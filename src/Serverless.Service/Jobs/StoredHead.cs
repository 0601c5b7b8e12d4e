using Azure;

namespace Serverless.Service.Jobs;

/// <summary>A head as it was read.</summary>
/// <param name="Head">The content.</param>
/// <param name="ETag">The version.</param>
/// <param name="Owner">The process that wrote it, as far as its system told.</param>
/// <param name="Commit">Tells the writes of one owner apart.</param>
internal sealed record StoredHead(JobHead Head, ETag ETag, ProcessIdentity? Owner, string? Commit);
