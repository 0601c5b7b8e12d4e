using Serverless.Learning.Kernels;

namespace Serverless.Learning.Models.Growth;

/// <summary>What a step writes its plan and its numbers into; used again by the next one.</summary>
internal sealed class GrowthMemory
{
    public PinnedMemory<float> Numbers { get; } = new();

    public PinnedMemory<RowProductPart> Parts { get; } = new();

    public PinnedMemory<GrowthLayer> Layers { get; } = new();

    /// <summary>Lets all of it go.</summary>
    public void Reset()
    {
        Numbers.Reset();
        Parts.Reset();
        Layers.Reset();
    }
}
