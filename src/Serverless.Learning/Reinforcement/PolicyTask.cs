using Serverless.Learning.Models;
using Serverless.Learning.Sampling.Grammars;
using Serverless.Learning.Training;

namespace Serverless.Learning.Reinforcement;

/// <summary>Reinforcement learning with verifiable rewards: prompts, and a grader for the answers that the policy draws.</summary>
/// <param name="Prompts">What is answered.</param>
/// <param name="Reward">Grades an answer to a prompt; null where <see cref="Judge"/> does.</param>
public sealed record PolicyTask(IReadOnlyList<PolicyPrompt> Prompts, Func<PolicyPrompt, string, Reward>? Reward) : TrainingTask
{
    /// <summary>Grades answers together, in their order, where that takes asking others. Called by <see cref="Trainer.GradeAsync"/>.</summary>
    public Func<IReadOnlyList<(PolicyPrompt Prompt, string Answer)>, CancellationToken, Task<IReadOnlyList<Reward>>>? Judge { get; init; }

    /// <summary>What is answered every <see cref="PolicyOptions.EvaluationInterval"/> steps to see how the policy does on prompts that it does not learn from.</summary>
    public IReadOnlyList<PolicyPrompt> Validation { get; init; } = [];

    /// <summary>
    /// What answers may be; null for any text. It holds while they are drawn. Learned from are the probabilities of the policy itself and not those
    /// that the grammar leaves, so that the policy comes to write the form unasked; that the draws are not quite its own is left out of account.
    /// </summary>
    public Grammar? Grammar { get; init; }

    /// <summary>The prompts that a batch of answers is to.</summary>
    internal IReadOnlyList<PolicyPrompt> PromptsOf(bool evaluates) => evaluates ? Validation : Prompts;

    internal override IObjective ObjectiveFor(LanguageModel model, TrainingOptions options) => new PolicyObjective(this, options);
}
