namespace Serverless.Learning.Data;

/// <summary>Two answers to one prompt, of which the first is preferred; the targets of each are the tokens of its answer.</summary>
public sealed record PreferencePair(TrainingSequence Chosen, TrainingSequence Rejected)
{
    /// <summary>Tokens of both, prompts included.</summary>
    public int Length => Chosen.Length + Rejected.Length;
}
