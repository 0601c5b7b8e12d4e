using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>A checkpoint on its way to the storage.</summary>
/// <param name="Step">The steps done when it was copied.</param>
/// <param name="At">When it was copied: after its steps and before those that were taken while it was uploaded.</param>
/// <param name="TrainedTokens">The tokens trained on by then.</param>
/// <param name="Manifest">Ends when all of it is stored.</param>
internal sealed record ChunkUpload(int Step, DateTimeOffset At, long TrainedTokens, Task<CheckpointManifest> Manifest)
{
    public bool IsComplete => Manifest.IsCompleted;
}
