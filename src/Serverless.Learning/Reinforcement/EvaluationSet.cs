namespace Serverless.Learning.Reinforcement;

/// <summary>
/// The answers to the validation prompts before one step as they come in, batch by batch; like those of a <see cref="RolloutSet"/>, an evaluation
/// that was interrupted anywhere goes on as it would have.
/// </summary>
/// <param name="step">The steps taken before.</param>
/// <param name="prompts">How many prompts there are.</param>
internal sealed class EvaluationSet(int step, int prompts, PolicyOptions options)
{
    private readonly List<RolloutBatch> batches = [];

    public int Step => step;

    /// <summary>All answers so far.</summary>
    public IReadOnlyList<Rollout> Answers => [.. batches.SelectMany(batch => batch.Rollouts)];

    /// <summary>The batch to answer next, or null if all are there.</summary>
    public RolloutRequest? Next()
    {
        var answered = batches.Sum(batch => batch.Prompts.Count);
        var together = Math.Max(1, RolloutSet.RowsTogether / options.EvaluationSamples);
        return answered == prompts
            ? null
            : new RolloutRequest(step, batches.Count, 0, [.. Enumerable.Range(answered, Math.Min(together, prompts - answered))]) { Evaluates = true };
    }

    /// <exception cref="ArgumentException">It is not the batch that is next.</exception>
    public void Add(RolloutBatch batch)
    {
        if (Next() is not { } next || (next.Number, next.Micro) != (batch.Number, batch.Micro) || !next.Prompts.SequenceEqual(batch.Prompts))
            throw new ArgumentException($"batch {batch.Micro} of the evaluation before step {batch.Number + 1} does not come next", nameof(batch));
        batches.Add(batch);
    }
}
