namespace Serverless.Learning.Grading.Similarity;

/// <summary>The metrics of text_similarity, as their reference packages compute them, from 0 to 1.</summary>
internal static class TextSimilarity
{
    private const int MaxOrder = 4;

    public static double Score(TextMetric metric, string candidate, string reference) => metric switch
    {
        TextMetric.FuzzyMatch => FuzzyMatch(candidate, reference),
        TextMetric.Bleu => Bleu(candidate, reference),
        TextMetric.Gleu => Gleu(candidate, reference),
        TextMetric.RougeL => RougeL(candidate, reference),
        _ => Rouge(metric - TextMetric.Rouge1 + 1, candidate, reference),
    };

    /// <summary>The share of characters that need neither be inserted nor deleted: rapidfuzz's <c>fuzz.ratio</c> / 100, over Unicode characters.</summary>
    public static double FuzzyMatch(string candidate, string reference)
    {
        var (first, second) = (Characters(candidate), Characters(reference));
        var both = first.Length + second.Length;
        return both == 0 ? 1 : 2.0 * CommonSubsequence.Length(first, second) / both;
    }

    /// <summary>
    /// Sentence BLEU (Papineni et al., 2002) as sacrebleu's <c>sentence_bleu</c> / 100: tokenizer 13a, case kept, exponential smoothing of orders
    /// without a match (Chen and Cherry, 2014, method 3), and no more orders than the candidate has words.
    /// </summary>
    public static double Bleu(string candidate, string reference)
    {
        var (words, wanted) = (MtevalTokenizer.Tokenize(candidate), MtevalTokenizer.Tokenize(reference));
        var overlaps = NgramOverlap.UpTo(MaxOrder, words, wanted);
        if (overlaps.All(overlap => overlap.Common == 0))
            return 0;
        var (logarithms, orders, smoothing) = (0.0, 0, 1.0);
        foreach (var overlap in overlaps.Where(overlap => overlap.First > 0))
        {
            orders++;
            if (overlap.Common == 0)
                smoothing *= 2;
            logarithms += Math.Log(overlap.Common == 0 ? 1 / (smoothing * overlap.First) : overlap.Common / (double)overlap.First);
        }
        var brevity = words.Count < wanted.Count ? Math.Exp(1 - (wanted.Count / (double)words.Count)) : 1;
        return brevity * Math.Exp(logarithms / orders);
    }

    /// <summary>
    /// Google's BLEU (Wu et al., 2016, section 4.3) as NLTK's <c>sentence_gleu</c> over words between white space: the n-grams of orders 1 to 4 in
    /// common, by those of the text that has more.
    /// </summary>
    public static double Gleu(string candidate, string reference)
    {
        var overlaps = NgramOverlap.UpTo(MaxOrder, Words.Split(candidate), Words.Split(reference));
        var most = Math.Max(overlaps.Sum(overlap => overlap.First), overlaps.Sum(overlap => overlap.Second));
        return most == 0 ? 0 : overlaps.Sum(overlap => overlap.Common) / (double)most;
    }

    /// <summary>ROUGE-N (Lin, 2004), the F-measure, as the package rouge_score computes it without a stemmer.</summary>
    public static double Rouge(int order, string candidate, string reference)
    {
        var overlap = NgramOverlap.UpTo(order, Words.Alphanumeric(candidate), Words.Alphanumeric(reference))[^1];
        return HarmonicMean(overlap.Common, overlap.First, overlap.Second);
    }

    /// <summary>ROUGE-L (Lin, 2004) over the whole text, the F-measure, as the package rouge_score computes it without a stemmer.</summary>
    public static double RougeL(string candidate, string reference)
    {
        var (first, second) = TokenIds.Of(Words.Alphanumeric(candidate), Words.Alphanumeric(reference));
        return HarmonicMean(CommonSubsequence.Length(first, second), first.Length, second.Length);
    }

    private static double HarmonicMean(long common, long first, long second)
    {
        var (precision, recall) = (common / (double)Math.Max(first, 1), common / (double)Math.Max(second, 1));
        return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
    }

    private static int[] Characters(string text) => [.. text.EnumerateRunes().Select(rune => rune.Value)];
}
