using Serverless.Learning.Kernels;
using static TorchSharp.torch;

namespace Serverless.Learning.Models;

/// <summary>The attention of one layer, from the normed stream to what the layer adds to it.</summary>
internal sealed class Attention
{
    private readonly DecoderConfig config;
    private readonly int index;

    public Attention(DecoderWeights weights, int index)
    {
        config = weights.Config;
        this.index = index;
        var path = $"model.layers.{index}.self_attn.";
        string[] names = config.FusedProjections ? ["qkv_proj"] : ["q_proj", "k_proj", "v_proj"];
        Inputs = names.Select(name => weights.Product(path + name)).ToArray();
        Output = weights.Product(path + "o_proj");
        QueryNorm = weights.FindNorm(path + "q_norm");
        KeyNorm = weights.FindNorm(path + "k_norm");
    }

    public IEnumerable<Linear> Linears => [.. Inputs, Output];

    /// <summary>Query, key and value, or all of them as one.</summary>
    public Linear[] Inputs { get; }

    public Linear Output { get; }

    /// <summary>Of each query head before it turns, or null.</summary>
    public Norm? QueryNorm { get; }

    /// <summary>Of each key head before it turns, or null.</summary>
    public Norm? KeyNorm { get; }

    /// <param name="x">[N, D]: N tokens, B*T where tokens and places are the same.</param>
    /// <returns>[N, D], x's dtype, owned by the caller's dispose scope.</returns>
    public Tensor Forward(Tensor x, ForwardPass pass)
    {
        var (layout, cache) = (pass.Layout, pass.Cache);
        var (queries, keys, values) = Projected(x, pass);                // [N, H*Dh], [N, K*Dh] twice
        if (layout.Places is { } places) (queries, keys, values) = (places.Spread(queries), places.Spread(keys), places.Spread(values));
        var slides = config.Slides(index);
        var (cosines, sines) = slides ? layout.Local : layout.Full;
        var q = Rotated(queries, config.Heads, QueryNorm);               // [B, H, T, Dh]
        var k = Rotated(keys, config.KeyValueHeads, KeyNorm);            // [B, K, T, Dh]
        var v = Heads(values, config.KeyValueHeads).transpose(1, 2);
        int? window = slides ? config.Window : null;
        var goesOn = cache is { IsEmpty: false };
        if (goesOn && layout.Documents is not null)
            throw new ArgumentException("a row whose first tokens are cached is one text", nameof(pass));
        cache?.Append(index, k, v);
        var mixed = goesOn
            ? cache!.Attend(index, q, window)
            : LayerOperations.CausalAttention(q, k, v, layout.Documents, config.AttentionScale, window, config.AttentionSoftCap);
        var flat = mixed.view(-1, config.Heads * config.HeadSize);       // [B*T, H*Dh]
        return Linear.Forward([Output], layout.Places?.Collect(flat) ?? flat, pass)[0];

        Tensor Heads(Tensor all, int count) => all.view(layout.Rows, layout.Time, count, config.HeadSize);

        Tensor Rotated(Tensor all, int count, Norm? norm)
        {
            var heads = Heads(all, count);
            if (norm is not null) heads = norm.Forward(heads);
            return LayerOperations.RotaryEmbedding(heads.transpose(1, 2), cosines, sines);
        }
    }

    private (Tensor Queries, Tensor Keys, Tensor Values) Projected(Tensor x, ForwardPass pass)
    {
        var projected = Linear.Forward(Inputs, x, pass);
        if (projected is [var queries, var keys, var values]) return (queries, keys, values);
        var (wide, narrow) = (config.Heads * config.HeadSize, config.KeyValueHeads * config.HeadSize);
        var all = projected[0];
        return (all.narrow(1, 0, wide), all.narrow(1, wide, narrow), all.narrow(1, wide + narrow, narrow));
    }
}
