using System.Collections.Immutable;
using Serverless.Learning.Training;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// The reference policy's scores of a job's pairs, as far as they are computed; <c>jobs/&lt;id&gt;/reference.json</c>. The reference is the model
/// that the job starts from.
/// </summary>
public sealed record ReferenceState
{
    /// <summary>Steps of the first epoch whose pairs are scored.</summary>
    public int Steps { get; init; }

    /// <summary>The scores of the pairs of the training file by their index; null where they are still to be computed.</summary>
    public ImmutableArray<PairScore?> Training { get; init; } = [];

    /// <summary>Those of the pairs of the validation file that are looked at after each epoch.</summary>
    public ImmutableArray<PairScore> Validation { get; init; } = [];

    /// <summary>Whether every pair has its scores.</summary>
    public bool Finished { get; init; }

    /// <summary>With the scores of one more step.</summary>
    public ReferenceState With(IReadOnlyDictionary<int, PairScore> scores)
    {
        var all = Training.ToBuilder();
        foreach (var (pair, score) in scores)
        {
            while (all.Count <= pair)
                all.Add(null);
            all[pair] = score;
        }
        return this with { Steps = Steps + 1, Training = all.ToImmutable() };
    }
}
