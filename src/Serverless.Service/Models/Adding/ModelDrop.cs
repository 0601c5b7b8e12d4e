using System.Collections.Immutable;

namespace Serverless.Service.Models.Adding;

/// <summary>A folder or an archive that somebody put into the container <c>models</c>.</summary>
/// <param name="Name">The folder's name, or the archive's with <c>.zip</c>.</param>
/// <param name="Blobs">All of it that is there.</param>
public sealed record ModelDrop(string Name, ImmutableArray<DroppedBlob> Blobs)
{
    /// <summary>Differs when anything of it was added, changed or removed.</summary>
    public string Version => string.Join('\n', Blobs.Select(blob => $"{blob.Path} {blob.ETag}"));

    /// <summary>Whether the blob is part of it and none of the others came later; times are in seconds, so that several may be newest.</summary>
    public bool IsNewest(string path) => Blobs.Any(blob => blob.Path == path && blob.Modified == Blobs.Max(other => other.Modified));
}
