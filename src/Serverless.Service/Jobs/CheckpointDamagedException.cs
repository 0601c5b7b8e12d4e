namespace Serverless.Service.Jobs;

/// <summary>A checkpoint is not what its manifest says; the one before it may still be used.</summary>
public sealed class CheckpointDamagedException(string manifest, string finding, Exception? innerException = null)
    : Exception($"The checkpoint {manifest} is damaged: {finding}.", innerException)
{
    /// <summary>The blob of the checkpoint's manifest.</summary>
    public string Manifest { get; } = manifest;
}
