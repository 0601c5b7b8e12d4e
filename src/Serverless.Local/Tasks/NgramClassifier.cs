using System.Numerics;
using System.Runtime.InteropServices;

namespace Serverless.Local.Tasks;

/// <summary>
/// The yardstick beside a tuned model: a linear classifier over hashed n-grams, weighted by rarity (tf-idf, unit length), trained as
/// multinomial logistic regression by seeded AdaGrad (Duchi et al. 2011, one step size per n-gram). No tensors, no native library; the
/// same texts, labels and seed give the same classifier on every machine.
/// </summary>
public sealed class NgramClassifier
{
    private const int Buckets = 1 << 18;
    private const int Epochs = 12;
    private const float StepSize = 0.5f;

    private readonly string[] _labels;
    private readonly int _stride;
    private readonly float[] _rarity;
    private readonly float[] _weights;

    private NgramClassifier(string[] labels, float[] rarity)
    {
        _labels = labels;
        // Rows are padded to whole vectors, so that the inner loops need no remainder.
        _stride = (labels.Length + Vector<float>.Count - 1) / Vector<float>.Count * Vector<float>.Count;
        _rarity = rarity;
        _weights = new float[(Buckets + 1) * _stride];
    }

    /// <summary>The labels it can answer, in ordinal order.</summary>
    public IReadOnlyList<string> Labels => _labels;

    /// <summary>Trains on <paramref name="texts"/>.</summary>
    /// <exception cref="ArgumentException">There are fewer than two distinct labels.</exception>
    public static NgramClassifier Train(IReadOnlyList<LabelledText> texts, int seed = 1)
    {
        var labels = texts.Select(text => text.Label).Distinct().Order(StringComparer.Ordinal).ToArray();
        if (labels.Length < 2)
            throw new ArgumentException($"found {labels.Length} distinct labels; at least 2 are needed", nameof(texts));
        var features = texts.Select(text => NgramFeatures.Extract(text.Text, Buckets)).ToArray();
        var classifier = new NgramClassifier(labels, Rarity(features));
        classifier.Fit(
            [.. features.Select(classifier.Weigh)],
            [.. texts.Select(text => Array.BinarySearch(labels, text.Label, StringComparer.Ordinal))],
            new Random(seed));
        return classifier;
    }

    /// <summary>The likeliest label of <paramref name="text"/>.</summary>
    public string Classify(string text)
    {
        var scores = ScoresOf(text);
        var best = 0;
        for (var label = 1; label < _labels.Length; label++)
            if (scores[label] > scores[best])
                best = label;
        return _labels[best];
    }

    /// <summary>By how much <paramref name="text"/> speaks for a label, as a logit.</summary>
    /// <exception cref="ArgumentException">No text of this label was learned.</exception>
    public float ScoreOf(string text, string label)
    {
        var place = Array.BinarySearch(_labels, label, StringComparer.Ordinal);
        return place >= 0 ? ScoresOf(text)[place] : throw new ArgumentException($"found {label}; allowed: {string.Join(", ", _labels)}", nameof(label));
    }

    /// <summary>The share of <paramref name="texts"/> it labels right, 0 to 1.</summary>
    public double Accuracy(IReadOnlyList<LabelledText> texts) =>
        texts.Count(text => Classify(text.Text) == text.Label) / (double)texts.Count;

    private float[] ScoresOf(string text)
    {
        var scores = new float[_stride];
        Score(Weigh(NgramFeatures.Extract(text, Buckets)), scores);
        return scores;
    }

    private static float[] Rarity(List<(int Bucket, float Value)>[] features)
    {
        var documents = new int[Buckets];
        foreach (var text in features)
            foreach (var (bucket, _) in text)
                documents[bucket]++;
        return [.. documents.Select(count => 1f + MathF.Log((1f + features.Length) / (1f + count)))];
    }

    // Unit length, and one constant feature for the bias.
    private (int Bucket, float Value)[] Weigh(List<(int Bucket, float Value)> features)
    {
        var weighed = features.Select(feature => (feature.Bucket, Value: feature.Value * _rarity[feature.Bucket])).ToArray();
        var length = MathF.Sqrt(weighed.Sum(feature => feature.Value * feature.Value));
        return [.. weighed.Select(feature => (feature.Bucket, feature.Value / length)), (Buckets, 0.3f)];
    }

    private void Fit((int Bucket, float Value)[][] texts, int[] answers, Random random)
    {
        var order = Enumerable.Range(0, texts.Length).ToArray();
        var squares = new float[Buckets + 1];
        var probabilities = new float[_stride];
        for (var epoch = 0; epoch < Epochs; epoch++)
        {
            random.Shuffle(order);
            foreach (var index in order)
            {
                Score(texts[index], probabilities);
                Softmax(probabilities.AsSpan(0, _labels.Length));
                probabilities[answers[index]] -= 1;
                Step(texts[index], probabilities, squares);
            }
        }
    }

    private void Score((int Bucket, float Value)[] text, float[] scores)
    {
        Array.Clear(scores);
        var sums = MemoryMarshal.Cast<float, Vector<float>>(scores.AsSpan());
        foreach (var (bucket, value) in text)
        {
            var row = Row(bucket);
            for (var i = 0; i < sums.Length; i++)
                sums[i] += row[i] * value;
        }
    }

    // The gradient of the loss by the scores is the probabilities less one at the answer.
    private void Step((int Bucket, float Value)[] text, float[] gradient, float[] squares)
    {
        var slopes = MemoryMarshal.Cast<float, Vector<float>>(gradient.AsSpan());
        // One by one: a sum over vectors would round differently on machines with wider ones.
        var size = gradient.Sum(slope => slope * slope);
        foreach (var (bucket, value) in text)
        {
            squares[bucket] += value * value * size;
            var step = StepSize / (1e-6f + MathF.Sqrt(squares[bucket]));
            var row = Row(bucket);
            for (var i = 0; i < slopes.Length; i++)
                row[i] -= slopes[i] * (value * step);
        }
    }

    private Span<Vector<float>> Row(int bucket) => MemoryMarshal.Cast<float, Vector<float>>(_weights.AsSpan(bucket * _stride, _stride));

    private static void Softmax(Span<float> scores)
    {
        var largest = float.NegativeInfinity;
        foreach (var score in scores)
            largest = MathF.Max(largest, score);
        var sum = 0f;
        foreach (ref var score in scores)
            sum += score = MathF.Exp(score - largest);
        foreach (ref var score in scores)
            score /= sum;
    }
}
