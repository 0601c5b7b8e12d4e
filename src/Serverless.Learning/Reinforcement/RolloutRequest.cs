namespace Serverless.Learning.Reinforcement;

/// <summary>What has to be rolled out next; see <see cref="RolloutBatch"/>.</summary>
/// <param name="Prompts">Indices of the prompts, each to be answered G times.</param>
public sealed record RolloutRequest(int Number, int Micro, int Round, IReadOnlyList<int> Prompts)
{
    /// <inheritdoc cref="RolloutBatch.Evaluates"/>
    public bool Evaluates { get; init; }
}
