using System.Text;
using Serverless.Learning.Text.Bpe;
using Serverless.Learning.Text.Normalizers;
using Serverless.Learning.Text.PreTokenizers;

namespace Serverless.Learning.Text;

/// <summary>
/// Trains a byte-level BPE vocabulary (Sennrich et al., arXiv 1508.07909; bytes as in GPT-2) with Qwen2's pre-tokenizer: distinct words are
/// counted once, then the most frequent pair is merged again and again, touching only the words that hold it. Of equally
/// frequent pairs the one with the lowest ids is merged first, as Hugging Face's trainer does, so the same text always
/// gives the same bytes.
/// </summary>
public static class BpeTrainer
{
    // A pair that occurs once teaches nothing.
    private const long LeastCount = 2;

    /// <summary>Trains on all documents; special tokens inside them separate words and are not counted.</summary>
    /// <param name="documents">Read once, one after the other. Lone surrogates count as U+FFFD.</param>
    /// <returns>The bytes of a tokenizer.json that <see cref="Tokenizer.Load"/> and Hugging Face's tokenizers read.</returns>
    /// <exception cref="InputError">An option has a value that no tokenizer can have.</exception>
    public static byte[] Train(IEnumerable<string> documents, BpeTrainingOptions options)
    {
        options.Validate();
        var vocabulary = new GrowingVocabulary(options.SpecialTokens);
        var pairs = new PairStatistics();
        var words = CollectWords(CountWords(documents, [.. options.SpecialTokens]), vocabulary, pairs);
        pairs.Publish();
        while (vocabulary.Count < options.VocabularySize && pairs.TryTakeBest(LeastCount, out var left, out var right, out var holders))
        {
            var merged = vocabulary.AddMerge(left, right);
            foreach (var word in holders)
                words.Merge(word, left, right, merged, pairs);
            pairs.Publish();
        }
        return TokenizerJson.Write(options.SpecialTokens, vocabulary.Tokens, vocabulary.Merges);
    }

    private static IReadOnlyDictionary<string, long> CountWords(IEnumerable<string> documents, string[] specialTokens)
    {
        var counter = new WordCounter();
        var split = new SplitPreTokenizer(new CodePointRegex(Qwen2Pattern.Text), SplitBehavior.Isolated);
        foreach (var document in documents)
        {
            // Without a separator string.Split would cut at white space.
            string[] stretches = specialTokens.Length == 0 ? [document] : document.Split(specialTokens, StringSplitOptions.None);
            foreach (var stretch in stretches)
                split.Split(NfcNormalizer.Of(WellFormedText.Of(stretch)), atStart: true, counter);
        }
        return counter.Counts;
    }

    private static WordTable CollectWords(IReadOnlyDictionary<string, long> counts, GrowingVocabulary vocabulary, PairStatistics pairs)
    {
        var words = new WordTable();
        foreach (var (word, count) in counts)
            words.Add(Array.ConvertAll(Encoding.UTF8.GetBytes(word), vocabulary.IdOfByte), count, pairs);
        return words;
    }
}
