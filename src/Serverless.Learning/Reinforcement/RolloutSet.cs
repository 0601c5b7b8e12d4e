namespace Serverless.Learning.Reinforcement;

/// <summary>
/// The answers of one rollout as they come in, batch by batch. Which batch is next is a function of the batches so far, so a rollout that
/// was interrupted anywhere goes on as it would have.
/// </summary>
/// <param name="number">Which rollout of the run it is, from 0.</param>
/// <param name="prompts">Its prompts, as indices.</param>
internal sealed class RolloutSet(int number, IReadOnlyList<int> prompts, PolicyOptions options)
{
    /// <summary>Answers that are drawn together, unless a group is larger.</summary>
    internal const int RowsTogether = 64;
    private readonly List<RolloutBatch> batches = [];

    public int Number => number;

    /// <summary>Whether groups without variance are sampled again.</summary>
    public bool IsSampledAgain => options.Resamples > 0;

    /// <summary>The batches so far.</summary>
    public IReadOnlyList<RolloutBatch> Batches => batches;

    /// <summary>The batch to roll out next, or null if the rollout is complete.</summary>
    public RolloutRequest? Next()
    {
        var round = batches.Count == 0 ? 0 : batches[^1].Round;
        var open = OpenIn(round);
        var answered = batches.Where(batch => batch.Round == round).Sum(batch => batch.Prompts.Count);
        if (answered == open.Count)
        {
            if (round == options.Resamples) return null;
            open = OpenIn(++round);
            answered = 0;
        }
        var together = Math.Max(1, RowsTogether / options.GroupSize);
        return open.Count == 0 ? null : new RolloutRequest(number, batches.Count, round, [.. open.Skip(answered).Take(together)]);
    }

    /// <exception cref="ArgumentException">It is not the batch that is next.</exception>
    public void Add(RolloutBatch batch)
    {
        if (Next() is not { } next || (next.Number, next.Micro, next.Round) != (batch.Number, batch.Micro, batch.Round) || !next.Prompts.SequenceEqual(batch.Prompts))
            throw new ArgumentException($"batch {batch.Micro} of rollout {batch.Number} does not come next", nameof(batch));
        batches.Add(batch);
    }

    /// <summary>The group of each prompt: its answers of the last round that it was sampled in.</summary>
    public IReadOnlyList<IReadOnlyList<Rollout>> Groups() => [.. prompts.Select(prompt => LastGroup(prompt, batches))];

    /// <summary>The groups of the first round: what the policy does before anything is sampled again.</summary>
    public IReadOnlyList<IReadOnlyList<Rollout>> FirstGroups() => [.. prompts.Select(prompt => LastGroup(prompt, batches.Where(batch => batch.Round == 0)))];

    /// <summary>The prompts of a round: all at first, then those whose answers so far had no variance.</summary>
    private IReadOnlyList<int> OpenIn(int round) => round == 0
        ? prompts
        : [.. prompts.Where(prompt => !Advantages.Vary(LastGroup(prompt, batches.Where(batch => batch.Round < round))))];

    private static List<Rollout> LastGroup(int prompt, IEnumerable<RolloutBatch> batches) =>
        [.. batches.Last(batch => batch.Prompts.Contains(prompt)).Rollouts.Where(rollout => rollout.Prompt == prompt)];
}
