using Serverless.Learning.Kernels;
using static TorchSharp.torch;

namespace Serverless.Learning.Models;

/// <summary>
/// One layer of a decoder: x + attention(norm(x)), then x + feedForward(norm(x)); where the family has branch norms, each branch is
/// normed once more before it is added.
/// </summary>
internal sealed class DecoderLayer
{
    public DecoderLayer(DecoderWeights weights, int index)
    {
        var path = $"model.layers.{index}.";
        AttentionNorm = weights.NormAt(path + "input_layernorm");
        Attention = new Attention(weights, index);
        FeedForward = new FeedForward(weights, index);
        // One name, two places: with branch norms it stands behind the attention, without them before the feed-forward block.
        var postAttention = weights.NormAt(path + "post_attention_layernorm");
        AttentionBranchNorm = weights.Config.BranchNorms ? postAttention : null;
        FeedForwardNorm = weights.FindNorm(path + "pre_feedforward_layernorm") ?? postAttention;
        FeedForwardBranchNorm = weights.FindNorm(path + "post_feedforward_layernorm");
    }

    public Norm AttentionNorm { get; }

    public Attention Attention { get; }

    /// <summary>Of what attention adds, or null.</summary>
    public Norm? AttentionBranchNorm { get; }

    public Norm FeedForwardNorm { get; }

    public FeedForward FeedForward { get; }

    /// <summary>Of what the feed-forward block adds, or null.</summary>
    public Norm? FeedForwardBranchNorm { get; }

    /// <summary>The products that an adapter can wrap, in the order of the computation.</summary>
    public IEnumerable<Linear> Linears => [.. Attention.Linears, .. FeedForward.Linears];

    /// <param name="stream">The residual stream, [N, D], float32.</param>
    /// <returns>The residual stream after this layer, [N, D], float32.</returns>
    public Tensor Forward(Tensor stream, ForwardPass pass)
    {
        (stream, var normed) = AttentionNorm.ForwardSum(stream, null, pass.Compute);
        var attended = Branch(Attention.Forward(normed, pass), AttentionBranchNorm);
        (stream, normed) = FeedForwardNorm.ForwardSum(stream, attended, pass.Compute);
        return LayerOperations.AddBranch(stream, Branch(FeedForward.Forward(normed, pass), FeedForwardBranchNorm));
    }

    private static Tensor Branch(Tensor result, Norm? norm) => norm is null ? result : norm.Forward(result, ScalarType.Float32);
}
