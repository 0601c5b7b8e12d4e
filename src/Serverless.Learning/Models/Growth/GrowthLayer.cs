using Serverless.Learning.Kernels;

namespace Serverless.Learning.Models.Growth;

/// <summary>One layer of a step: its kernels, ready to run.</summary>
internal unsafe struct GrowthLayer
{
    /// <summary>The kernels of <see cref="Do"/>, at most.</summary>
    public const int MostKernels = 4 * GrowthProducts.MostKernels + 4;

    public GrowthProducts AttentionInputs, AttentionOutput, GateAndUp, Down;
    public GrowthAttention Attention;

    /// <summary>Its <c>TGate</c> is that of <see cref="Activation"/>.</summary>
    public GrowthGate<SiluGate> Gate;
    public Activation Activation;
    public GrowthJoin AfterAttention, AfterFeedForward;

    /// <summary>A thread's share of the layer, from the normed stream to the stream that is normed for the next one.</summary>
    /// <param name="rows">N.</param>
    public readonly void Do(ref TeamShare share, int rows)
    {
        AttentionInputs.Do(ref share);
        share.Do(rows * Attention.Attention.Groups, Attention);
        AttentionOutput.Do(ref share);
        share.Do(rows, AfterAttention);
        GateAndUp.Do(ref share);
        if (Activation == Activation.Silu) share.Do(rows, Gate);
        else share.Do(rows, Gate.With<GeluTanhGate>());
        Down.Do(ref share);
        share.Do(rows, AfterFeedForward);
    }
}
