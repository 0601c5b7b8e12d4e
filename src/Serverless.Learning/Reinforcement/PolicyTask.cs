using Serverless.Learning.Models;
using Serverless.Learning.Training;

namespace Serverless.Learning.Reinforcement;

/// <summary>Reinforcement learning with verifiable rewards: prompts, and a grader for the answers that the policy draws.</summary>
/// <param name="Prompts">What is answered.</param>
/// <param name="Reward">Grades an answer to a prompt.</param>
public sealed record PolicyTask(IReadOnlyList<PolicyPrompt> Prompts, Func<PolicyPrompt, string, Reward> Reward) : TrainingTask
{
    internal override IObjective ObjectiveFor(LanguageModel model, TrainingOptions options) => new PolicyObjective(this, options);
}
