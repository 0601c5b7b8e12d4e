namespace Serverless.Service.Models.Adding;

/// <summary>A file that somebody brings.</summary>
/// <param name="Path">Its path in what it comes in, with forward slashes.</param>
/// <param name="Bytes">Its size, as what it comes in states it.</param>
public sealed record ModelFile(string Path, long Bytes);
