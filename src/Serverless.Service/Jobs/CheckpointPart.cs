namespace Serverless.Service.Jobs;

/// <summary>One file of a checkpoint.</summary>
/// <param name="Name">The file's name; a checkpoint has no folders.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its SHA-256, in lower-case hexadecimal.</param>
public sealed record CheckpointPart(string Name, long Bytes, string Sha256);
