using Serverless.Learning.Models;
using Serverless.Learning.Sampling;
using Serverless.Learning.Training;

namespace Serverless.Learning.Reinforcement;

/// <summary>
/// Draws a batch of answers from the policy as it is, and grades them. Draws are keyed by seed, rollout, prompt and number of the answer, so
/// they do not depend on what was drawn before.
/// </summary>
internal sealed class RolloutSampler(PolicyTask task, TrainingOptions training)
{
    private readonly PolicyOptions options = training.Policy!;

    /// <exception cref="InputError">A prompt leaves no room in the model's context.</exception>
    public List<Rollout> Draw(LanguageModel model, RolloutRequest request, CancellationToken cancellation)
    {
        var firstChoice = request.Round * options.GroupSize;
        var drawn = request.Prompts
            .SelectMany(prompt => Enumerable.Range(firstChoice, options.GroupSize).Select(choice => (Prompt: prompt, Choice: choice)))
            .ToList();
        var requests = drawn.Select(one => new GenerationRequest(task.Prompts[one.Prompt].Ids, SamplingOf(request.Number, one.Prompt, one.Choice))).ToList();
        var answers = new TextGenerator(model).Generate(requests, requests.Count, cancellation);
        return [.. drawn.Zip(answers, (one, answer) => RolloutOf(request, one.Prompt, one.Choice, answer))];
    }

    private SamplingOptions SamplingOf(int number, int prompt, int choice) => new()
    {
        MaxTokens = options.MaxAnswerTokens,
        Temperature = options.Temperature,
        Seed = training.Seed,
        Step = number,
        // Every prompt has room for all of its rounds.
        Choice = (int)((prompt * (long)(options.GroupSize * (options.Resamples + 1)) + choice) % int.MaxValue),
    };

    private Rollout RolloutOf(RolloutRequest request, int prompt, int choice, GeneratedText answer)
    {
        int[] ids = [.. answer.Ids, .. answer.EndId is { } end ? [end] : Array.Empty<int>()];
        var reward = task.Reward(task.Prompts[prompt], answer.Text);
        var penalty = LengthPenalty.Of(ids.Length, options.MaxAnswerTokens, options.PenaltyTokens);
        var parts = new Dictionary<string, double>(reward.Parts);
        if (options.PenaltyTokens > 0) parts["length_penalty"] = penalty;
        return new Rollout
        {
            Number = request.Number,
            Round = request.Round,
            Prompt = prompt,
            Line = task.Prompts[prompt].Line,
            Choice = choice,
            Text = answer.Text,
            Ids = ids,
            CutOff = answer.Finish == FinishReason.Length,
            Reward = reward.Value + penalty,
            Rewards = parts,
            SampledLogProbabilities = [.. answer.LogProbabilities],
            Fault = reward.Fault,
        };
    }
}
