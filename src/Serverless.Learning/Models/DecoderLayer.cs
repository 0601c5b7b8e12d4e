using static TorchSharp.torch;

namespace Serverless.Learning.Models;

/// <summary>
/// One layer of a decoder: x + attention(norm(x)), then x + feedForward(norm(x)); where the family has branch norms, each branch is
/// normed once more before it is added.
/// </summary>
internal sealed class DecoderLayer
{
    private readonly Norm attentionNorm;
    private readonly Attention attention;
    private readonly Norm? attentionBranchNorm;
    private readonly Norm feedForwardNorm;
    private readonly FeedForward feedForward;
    private readonly Norm? feedForwardBranchNorm;

    public DecoderLayer(DecoderWeights weights, int index)
    {
        var path = $"model.layers.{index}.";
        attentionNorm = weights.NormAt(path + "input_layernorm");
        attention = new Attention(weights, index);
        feedForward = new FeedForward(weights, index);
        // One name, two places: with branch norms it stands behind the attention, without them before the feed-forward block.
        var postAttention = weights.NormAt(path + "post_attention_layernorm");
        attentionBranchNorm = weights.Config.BranchNorms ? postAttention : null;
        feedForwardNorm = weights.FindNorm(path + "pre_feedforward_layernorm") ?? postAttention;
        feedForwardBranchNorm = weights.FindNorm(path + "post_feedforward_layernorm");
    }

    /// <summary>The products that an adapter can wrap, in the order of the computation.</summary>
    public IEnumerable<Linear> Linears => [.. attention.Linears, .. feedForward.Linears];

    /// <param name="stream">The residual stream, [N, D], float32.</param>
    /// <returns>The residual stream after this layer, [N, D], float32.</returns>
    public Tensor Forward(Tensor stream, ForwardPass pass)
    {
        stream = stream.add(Branch(attention.Forward(attentionNorm.Forward(stream, pass.Compute), pass), attentionBranchNorm));
        return stream.add(Branch(feedForward.Forward(feedForwardNorm.Forward(stream, pass.Compute), pass), feedForwardBranchNorm));
    }

    private static Tensor Branch(Tensor result, Norm? norm) => norm is null ? result : norm.Forward(result, ScalarType.Float32);
}
