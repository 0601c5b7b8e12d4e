namespace Serverless.Service.Models;

/// <summary>One file of a model's folder.</summary>
/// <param name="Path">The path inside the folder, with forward slashes.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its SHA-256, in lower-case hexadecimal.</param>
public sealed record ModelPart(string Path, long Bytes, string Sha256);
