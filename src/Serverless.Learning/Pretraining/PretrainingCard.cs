using System.Globalization;
using System.Text;
using Serverless.Learning.Models;

namespace Serverless.Learning.Pretraining;

/// <summary>The model card (README.md) of a pre-trained model: what it is, from what, how, how long, and how well.</summary>
internal static class PretrainingCard
{
    private const int CurveRows = 20;

    /// <param name="curve">The lines of curve.csv, see <see cref="CurvePoint"/>.</param>
    public static string Render(
        string name, PretrainingOptions options, DecoderConfig config, Corpus corpus, long tokensPerEpoch, double bitsPerByte, IReadOnlyList<string> curve, string? aboutData)
    {
        var points = CurvePoint.Read(curve);
        var weights = config.WeightShapes().Values.Sum(shape => shape.Aggregate(1L, (product, size) => product * size));
        var heldOutBytes = corpus.HeldOut.Sum(document => (long)Encoding.UTF8.GetByteCount(document));
        var card = new StringBuilder();
        Line($"---");
        Line($"library_name: transformers");
        Line($"pipeline_tag: text-generation");
        Line($"language: en");
        Line($"---");
        Line($"# {name}");
        Line($"");
        Line($"A Llama-architecture decoder of {weights / 1e6:F1} million weights, pre-trained from random weights with `serverless pretrain`. It is");
        Line($"a base to try fine-tuning on, small enough for two processor cores; it knows too little to be asked anything untuned.");
        Line($"");
        Line($"## Result");
        Line($"");
        Line($"**{bitsPerByte:F3} bits per byte** on {corpus.HeldOut.Count} held-out documents ({heldOutBytes:N0} bytes), chosen by the hash of their text and never");
        Line($"trained on: summed loss in nats / ln 2 / UTF-8 bytes, read in windows of 512 tokens that overlap by half.");
        Line($"");
        Line($"## Shape");
        Line($"");
        Line($"Width {config.Width}, {config.Layers} layers, {config.Heads} query heads and {config.KeyValueHeads} key-value heads of {config.HeadSize}, inner width {config.InnerWidth}, RMSNorm, rotary positions (base {config.Rotary.Base:F0}),");
        Line($"SwiGLU, head tied to the embedding, context {config.MaxLength}, byte-level BPE of {config.VocabularySize:N0} tokens trained on the same text, ChatML.");
        Line($"");
        Line($"## Recipe");
        Line($"");
        Line($"{options.Tokens:N0} tokens ({options.Tokens / (double)tokensPerEpoch:F2} passes over {tokensPerEpoch:N0}), {options.BatchTokens:N0} a step. Matrices of the blocks by Muon, the rest by AdamW, peak {options.LearningRate},");
        Line($"{options.WarmupSteps} steps of warm-up, stable, then a linear decay over the last {options.DecayFraction:P0}; weight decay {options.WeightDecay}, gradients clipped at 1.");
        Line($"Rows of {options.Time} tokens of plain text; the last {options.ChatFraction:P0} of the steps are ChatML conversations made of the same documents, in rows");
        Line($"of {options.ConversationTime}. Products in {options.Precision}, everything else in float32; stored in bfloat16. Seed {options.Seed}.");
        Line($"Time in training steps: {TimeSpan.FromSeconds(points.Sum(point => point.Seconds * CurvePoint.StepsPerLine)):h\\:mm} hours.");
        if (aboutData is not null)
        {
            Line($"");
            Line($"## Data");
            Line($"");
            card.Append(aboutData.Trim()).Append('\n');
        }
        Line($"");
        Line($"## Loss");
        Line($"");
        Line($"| step | tokens | loss (nats) | learning rate |");
        Line($"|---:|---:|---:|---:|");
        foreach (var group in points.Chunk(Math.Max(1, (points.Count + CurveRows - 1) / CurveRows)))
            Line($"| {group[^1].Step:N0} | {group[^1].Tokens:N0} | {group.Select(point => point.Loss).Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average():F3} | {group[^1].LearningRate:G3} |");
        Line($"");
        Line($"Losses are means over the steps up to the one named.");
        return card.ToString();

        void Line(FormattableString text) => card.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }
}
