using Serverless.Learning.Adapters;
using Serverless.Learning.Kernels;
using static TorchSharp.torch;

namespace Serverless.Learning.Models;

/// <summary>One block of a Llama-architecture decoder: x + attention(norm(x)), then x + SwiGLU(norm(x)).</summary>
internal sealed class DecoderLayer(DecoderConfig config, int index, IReadOnlyDictionary<string, Weight> weights)
{
    private readonly Weight attentionNorm = weights[$"model.layers.{index}.input_layernorm.weight"];
    private readonly Weight feedForwardNorm = weights[$"model.layers.{index}.post_attention_layernorm.weight"];
    private readonly Linear query = new(weights[$"model.layers.{index}.self_attn.q_proj.weight"]);
    private readonly Linear key = new(weights[$"model.layers.{index}.self_attn.k_proj.weight"]);
    private readonly Linear value = new(weights[$"model.layers.{index}.self_attn.v_proj.weight"]);
    private readonly Linear output = new(weights[$"model.layers.{index}.self_attn.o_proj.weight"]);
    private readonly Linear gate = new(weights[$"model.layers.{index}.mlp.gate_proj.weight"]);
    private readonly Linear up = new(weights[$"model.layers.{index}.mlp.up_proj.weight"]);
    private readonly Linear down = new(weights[$"model.layers.{index}.mlp.down_proj.weight"]);

    /// <summary>The products that an adapter can wrap, in the order of the computation.</summary>
    public IReadOnlyList<Linear> Linears => [query, key, value, output, gate, up, down];

    /// <param name="stream">The residual stream, [B*T, D], float32.</param>
    /// <param name="compute">The dtype inside the block, float32 or bfloat16; the stream stays float32.</param>
    /// <returns>The residual stream after this block, [B*T, D], float32.</returns>
    public Tensor Forward(Tensor stream, SequenceLayout layout, KeyValueCache? cache, ScalarType compute, DropoutSource? dropout)
    {
        stream = stream.add(Attend(Normed(stream, attentionNorm, compute)));
        return stream.add(FeedForward(Normed(stream, feedForwardNorm, compute)));

        Tensor Attend(Tensor x)
        {
            var queries = Rotated(Heads(query.Forward(x, dropout), config.Heads));       // [B, H, T, Dh]
            var keys = Rotated(Heads(key.Forward(x, dropout), config.KeyValueHeads));    // [B, K, T, Dh]
            var values = Heads(value.Forward(x, dropout), config.KeyValueHeads);
            if (cache is not null) (keys, values) = cache.Append(index, keys, values);
            var mixed = LayerOperations.CausalAttention(queries, keys, values, layout.Documents, 1 / Math.Sqrt(config.HeadSize));
            return output.Forward(mixed.view(-1, config.Heads * config.HeadSize), dropout);
        }

        Tensor FeedForward(Tensor x) =>
            down.Forward(LayerOperations.SwiGlu(gate.Forward(x, dropout), up.Forward(x, dropout)), dropout);

        Tensor Heads(Tensor flat, int count) => flat.view(layout.Rows, layout.Time, count, config.HeadSize).transpose(1, 2);

        Tensor Rotated(Tensor heads) => LayerOperations.RotaryEmbedding(heads, layout.Cosines, layout.Sines);
    }

    private Tensor Normed(Tensor x, Weight weight, ScalarType compute) => LayerOperations.RmsNorm(x, weight.Value, config.NormEpsilon, compute);
}
