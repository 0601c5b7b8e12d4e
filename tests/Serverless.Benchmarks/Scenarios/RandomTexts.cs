using Serverless.Learning.Data;

namespace Serverless.Benchmarks.Scenarios;

/// <summary>Token ids drawn evenly: no two texts begin alike, so nothing of one can be computed with another.</summary>
internal sealed class RandomTexts(int vocabulary, int seed)
{
    private readonly Random random = new(seed);

    public int[] Ids(int length) => [.. Enumerable.Range(0, length).Select(_ => random.Next(3, vocabulary))];

    /// <summary>A text whose last tokens are targets.</summary>
    /// <param name="targets">Their share.</param>
    public TrainingSequence Text(int length, double targets) => After(Ids((int)(length * (1 - targets))), length);

    /// <summary>A beginning, and targets up to the length.</summary>
    public TrainingSequence After(int[] beginning, int length) => new(
        [.. beginning, .. Ids(length - beginning.Length)], [.. Enumerable.Range(0, length).Select(at => at >= Math.Max(1, beginning.Length))], 0);
}
