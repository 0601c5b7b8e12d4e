namespace Serverless.Learning.Models;

/// <summary>Hugging Face's names of a decoder's weights.</summary>
internal static class WeightNames
{
    public const string Embedding = "model.embed_tokens.weight";
    public const string FinalNorm = "model.norm.weight";
    public const string Head = "lm_head.weight";

    /// <summary>Names and shapes, in the order of the computation.</summary>
    public static IReadOnlyDictionary<string, long[]> Shapes(DecoderConfig config)
    {
        var shapes = new Dictionary<string, long[]> { [Embedding] = [config.VocabularySize, config.Width] };
        for (var layer = 0; layer < config.Layers; layer++)
        {
            var prefix = $"model.layers.{layer}.";
            Norm(prefix + "input_layernorm", config.Width);
            Attention(prefix + "self_attn.");
            Norm(prefix + "post_attention_layernorm", config.Width);
            if (config.BranchNorms) Norm(prefix + "pre_feedforward_layernorm", config.Width);
            FeedForward(prefix + "mlp.");
            if (config.BranchNorms) Norm(prefix + "post_feedforward_layernorm", config.Width);
        }
        shapes[FinalNorm] = [config.Width];
        if (!config.TiedHead) shapes[Head] = [config.VocabularySize, config.Width];
        return shapes;

        void Attention(string prefix)
        {
            var (queries, keys) = (config.Heads * config.HeadSize, config.KeyValueHeads * config.HeadSize);
            if (config.FusedProjections)
            {
                Product(prefix + "qkv_proj", queries + 2 * keys, config.Width, config.QueryKeyValueBias);
            }
            else
            {
                Product(prefix + "q_proj", queries, config.Width, config.QueryKeyValueBias);
                Product(prefix + "k_proj", keys, config.Width, config.QueryKeyValueBias);
                Product(prefix + "v_proj", keys, config.Width, config.QueryKeyValueBias);
            }
            if (config.QueryKeyNorms)
            {
                Norm(prefix + "q_norm", config.HeadSize);
                Norm(prefix + "k_norm", config.HeadSize);
            }
            Product(prefix + "o_proj", config.Width, queries, config.OutputBias);
        }

        void FeedForward(string prefix)
        {
            if (config.FusedProjections)
            {
                Product(prefix + "gate_up_proj", 2 * config.InnerWidth, config.Width, false);
            }
            else
            {
                Product(prefix + "gate_proj", config.InnerWidth, config.Width, false);
                Product(prefix + "up_proj", config.InnerWidth, config.Width, false);
            }
            Product(prefix + "down_proj", config.Width, config.InnerWidth, false);
        }

        void Norm(string path, long width) => shapes[path + ".weight"] = [width];

        void Product(string path, long outputs, long inputs, bool bias)
        {
            shapes[path + ".weight"] = [outputs, inputs];
            if (bias) shapes[path + ".bias"] = [outputs];
        }
    }
}
