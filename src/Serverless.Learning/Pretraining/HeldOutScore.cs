using Serverless.Learning.Models;
using static TorchSharp.torch;

namespace Serverless.Learning.Pretraining;

/// <summary>
/// Bits per byte on held-out documents: the summed loss in nats / ln 2 / UTF-8 bytes. A document is read in windows that overlap by half,
/// each token predicted once, with at least half a window of context after the first window.
/// </summary>
public static class HeldOutScore
{
    /// <param name="documents">The held-out texts.</param>
    /// <param name="encode">Text to token ids.</param>
    /// <param name="endId">The token before each document.</param>
    /// <param name="window">Tokens read together.</param>
    public static double BitsPerByte(Decoder decoder, IEnumerable<string> documents, Func<string, int[]> encode, int endId, int window)
    {
        var nats = 0.0;
        var bytes = 0L;
        foreach (var document in documents)
        {
            nats += Nats(decoder, [endId, .. encode(document)], window);
            bytes += System.Text.Encoding.UTF8.GetByteCount(document);
        }
        return nats / Math.Log(2) / bytes;
    }

    private static double Nats(Decoder decoder, int[] ids, int window)
    {
        using var noGradient = no_grad();
        var nats = 0.0;
        var predicted = 1;
        for (var start = 0; predicted < ids.Length; start += window / 2)
        {
            using var scope = NewDisposeScope();
            var time = Math.Min(window, ids.Length - 1 - start);
            var from = predicted;
            var targets = Enumerable.Range(start + 1, time).Select(at => at >= from ? ids[at] : -1).ToArray();
            using var layout = SequenceLayout.Causal(decoder.Rotary, 1, time);
            var hidden = decoder.Hidden(ids[start..(start + time)], layout);
            nats += decoder.Loss(hidden, targets, 1).Loss.item<float>();
            predicted = start + time + 1;
        }
        return nats;
    }
}
