using Serverless.Learning.Models;
using static TorchSharp.torch;

namespace Serverless.Learning.Evaluation;

/// <summary>
/// What a model answers at a few positions of a few texts, kept to be compared with another form of it: the trained adapter on its base
/// with the merged folder. Both compute in float32, so that the difference is that of the weights. Owns its logits.
/// </summary>
public sealed class LogitSample : IDisposable
{
    private const int MostTexts = 32;
    private const int MostTokens = 1024;
    private const int PositionsOfText = 16;
    private const int MostLogits = 16_000_000;

    private readonly List<int[]> texts;
    private readonly int positions;
    private readonly Tensor logits;

    private LogitSample(List<int[]> texts, int positions, Tensor logits) => (this.texts, this.positions, this.logits) = (texts, positions, logits);

    /// <summary>The logits of the last 16 positions, or fewer with a large vocabulary, of up to 32 texts.</summary>
    /// <param name="texts">Token ids, at least one text of at least one token; the first are taken, of each no more than its first 1,024 tokens.</param>
    public static LogitSample Take(LanguageModel model, IEnumerable<int[]> texts)
    {
        var taken = texts.Take(MostTexts).Select(ids => ids.Take(MostTokens).ToArray()).ToList();
        var positions = Math.Clamp(MostLogits / MostTexts / model.Decoder.Config.VocabularySize, 1, PositionsOfText);
        using var scope = NewDisposeScope();
        return new LogitSample(taken, positions, Logits(model.Decoder, taken, positions).DetachFromDisposeScope());
    }

    /// <summary>How far another model's answers to the same texts lie from these.</summary>
    public MergeAgreement Compare(LanguageModel other)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var found = Logits(other.Decoder, texts, positions);
        var divergence = 0.0;
        for (var row = 0L; row < logits.shape[0]; row++)
        {
            using var one = NewDisposeScope();
            var (p, q) = (logits.select(0, row).to(ScalarType.Float64).log_softmax(0), found.select(0, row).to(ScalarType.Float64).log_softmax(0));
            divergence += p.exp().mul(p.sub(q)).sum().item<double>();
        }
        return new MergeAgreement
        {
            Positions = (int)logits.shape[0],
            LargestLogitDifference = logits.sub(found).abs().max().item<float>(),
            Divergence = Math.Max(0, divergence / logits.shape[0]),
            SameToken = logits.argmax(1).eq(found.argmax(1)).to(ScalarType.Float64).mean().item<double>(),
        };
    }

    public void Dispose() => logits.Dispose();

    /// <summary>[texts * positions, V], float32, owned by the caller's dispose scope.</summary>
    private static Tensor Logits(Decoder decoder, List<int[]> texts, int positions)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var type = decoder.ComputeType;
        decoder.ComputeType = ScalarType.Float32;
        try
        {
            return cat(texts.Select(ids => LastLogits(decoder, ids, Math.Min(positions, ids.Length))).ToList()).MoveToOuterDisposeScope();
        }
        finally
        {
            decoder.ComputeType = type;
        }
    }

    private static Tensor LastLogits(Decoder decoder, int[] ids, int positions)
    {
        using var scope = NewDisposeScope();
        using var layout = SequenceLayout.Causal(decoder.Rotary, 1, ids.Length);
        return decoder.Logits(decoder.Hidden(ids, layout).narrow(0, ids.Length - positions, positions)).MoveToOuterDisposeScope();
    }
}
