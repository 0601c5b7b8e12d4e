using Serverless.Learning.Adapters;
using Serverless.Learning.Models;
using Serverless.Learning.Models.Positions;
using Serverless.Learning.Native;
using Serverless.Learning.Pretraining;
using Serverless.Learning.Text;

namespace Serverless.Benchmarks;

/// <summary>A shape of model that is measured, with random weights, and the work that its tokens need.</summary>
/// <param name="Name">What it is called in the table.</param>
internal sealed record ModelShape(string Name, int Vocabulary, int Width, int Inner, int Layers, int Heads, int KeyValueHeads, int HeadSize = 64)
{
    private const int LongestText = 1024;

    /// <summary>The model that comes with this project.</summary>
    public static ModelShape Sample { get; } = new("sample-8m", 8192, 256, 768, 7, 4, 2);

    /// <summary>SmolLM2-135M's sizes.</summary>
    public static ModelShape Llama135M { get; } = new("135M", 49152, 576, 1536, 30, 9, 3);

    /// <summary>Qwen2.5-0.5B's sizes.</summary>
    public static ModelShape Qwen500M { get; } = new("0.5B", 151936, 896, 4864, 24, 14, 2);

    /// <summary>Qwen2.5-1.5B's sizes.</summary>
    public static ModelShape Qwen1500M { get; } = new("1.5B", 151936, 1536, 8960, 28, 12, 2, HeadSize: 128);

    public static IReadOnlyList<ModelShape> All { get; } = [Sample, Llama135M, Qwen500M, Qwen1500M];

    /// <summary>Weights of the matrices inside the blocks.</summary>
    public double LinearWeights => (double)Layers * Width * ((2 * Heads + 2 * KeyValueHeads) * HeadSize + 3 * Inner);

    public double HeadWeights => (double)Vocabulary * Width;

    /// <summary>Writes a folder with random weights, in bfloat16, and the sample's tokenizer.</summary>
    public void WriteTo(string folder)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "tokenizer.json");
        File.Copy(Path.Combine(AppContext.BaseDirectory, "sample-8m", "tokenizer.json"), path, overwrite: true);
        var tokenizer = Tokenizer.Load(path);
        var config = new DecoderConfig
        {
            VocabularySize = Vocabulary, Width = Width, InnerWidth = Inner, Layers = Layers, Heads = Heads, KeyValueHeads = KeyValueHeads,
            HeadSize = HeadSize, NormEpsilon = 1e-6, Rotary = new RotarySettings(10000, HeadSize), MaxLength = LongestText, TiedHead = true,
            EndIds = [tokenizer.IdOf("<|im_end|>")!.Value],
        };
        NativeRuntime.EnsureLoaded();
        using var decoder = new Decoder(config, InitialWeights.Draw(config, seed: 1));
        PretrainedFolder.Write(folder, config, tokenizer, decoder.Weights);
    }

    /// <summary>
    /// FLOP of a training step: a product of n weights costs 2n a token forward, 2n for the gradient of its input, and 2n for that of its
    /// weights where they train; attention looks at half the places on average, once forward and twice back; the head is needed where a
    /// token is predicted only.
    /// </summary>
    /// <param name="texts">Texts of the step.</param>
    /// <param name="length">Tokens of each.</param>
    /// <param name="targets">The share of tokens that are predicted.</param>
    public double TrainingFlops(AdapterOptions adapter, int texts, int length, double targets)
    {
        double tokens = texts * length;
        var updates = adapter.IsLowRank ? (double)Layers * adapter.Rank * AdapterSides() : 0;
        var perWeight = adapter.IsLowRank ? 4 : 6;
        return tokens * (perWeight * LinearWeights + 6 * updates + 3 * AttentionFlops(length) + targets * perWeight * HeadWeights);
    }

    /// <summary>FLOP of reading a prompt up to the logits of its next token.</summary>
    public double PrefillFlops(int length) => length * (2 * LinearWeights + AttentionFlops(length)) + 2 * HeadWeights;

    /// <summary>Bytes that a decoding step reads at least: each weight once.</summary>
    /// <param name="ofWeight">Bytes of a weight.</param>
    public double DecodeBytes(int ofWeight) => ofWeight * (LinearWeights + HeadWeights);

    /// <summary>FLOP a token of scores and weighted sums, both causal.</summary>
    private double AttentionFlops(int length) => 2.0 * Layers * Heads * HeadSize * length;

    /// <summary>Inputs and outputs of a layer's seven products: what a rank costs in weights.</summary>
    private double AdapterSides() =>
        Width + Heads * HeadSize + 2 * (Width + KeyValueHeads * HeadSize) + Heads * HeadSize + Width + 2 * (Width + Inner) + Inner + Width;
}
