namespace Serverless.Service.Jobs;

/// <summary>A checkpoint that <see cref="JobHead"/> names, and that therefore exists.</summary>
/// <param name="Step">The optimiser steps done by then.</param>
/// <param name="Manifest">The blob of its manifest in the container <c>jobs</c>.</param>
/// <param name="CreatedAt">When it was written.</param>
/// <param name="Metrics">Its quality, where measured.</param>
/// <param name="TrainedTokens">The tokens trained on by then, those of a recipe's stages before included; null in what was written before they were kept.</param>
public sealed record CommittedCheckpoint(
    int Step, string Manifest, DateTimeOffset CreatedAt, CheckpointMetrics? Metrics = null, long? TrainedTokens = null);
