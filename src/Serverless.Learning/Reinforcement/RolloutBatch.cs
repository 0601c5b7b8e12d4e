namespace Serverless.Learning.Reinforcement;

/// <summary>The answers to some of a step's prompts, drawn together: what is committed at once while a step is rolled out.</summary>
/// <param name="Number">Which rollout of the run it belongs to, from 0; of an evaluation, the steps taken before it.</param>
/// <param name="Micro">Its place within that, from 0.</param>
/// <param name="Round">0 at first; later rounds sample groups without variance again.</param>
/// <param name="Rollouts">G answers to each prompt, prompt after prompt.</param>
public sealed record RolloutBatch(int Number, int Micro, int Round, IReadOnlyList<Rollout> Rollouts)
{
    /// <summary>Whether validation prompts are answered, to be looked at and not learned from.</summary>
    public bool Evaluates { get; init; }

    /// <summary>The prompts answered, in their order.</summary>
    public IReadOnlyList<int> Prompts => [.. Rollouts.Select(rollout => rollout.Prompt).Distinct()];
}
