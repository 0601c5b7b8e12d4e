using Azure;

namespace Serverless.Service.Models.Adding;

/// <summary>A version of a blob that is part of a drop.</summary>
/// <param name="Path">Its name in the container.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="ETag">Its version.</param>
/// <param name="Modified">When that version came.</param>
public sealed record DroppedBlob(string Path, long Bytes, ETag ETag, DateTimeOffset Modified);
