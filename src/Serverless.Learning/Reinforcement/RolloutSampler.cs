using Serverless.Learning.Models;
using Serverless.Learning.Sampling;
using Serverless.Learning.Text;
using Serverless.Learning.Training;

namespace Serverless.Learning.Reinforcement;

/// <summary>
/// Draws a batch of answers from the policy as it is, and grades them unless that is done later. Draws are keyed by seed, rollout, prompt and
/// number of the answer, so they do not depend on what was drawn before; evaluations all take the same draws, so that they differ by the weights only.
/// </summary>
internal sealed class RolloutSampler(PolicyTask task, TrainingOptions training)
{
    /// <summary>No rollout has this number.</summary>
    private const int OfEvaluations = int.MaxValue;
    private readonly PolicyOptions options = training.Policy!;

    /// <exception cref="InputError">A prompt leaves no room in the model's context.</exception>
    /// <exception cref="OperationCanceledException">It was asked to end, between two answers that were drawn or graded.</exception>
    public List<Rollout> Draw(LanguageModel model, RolloutRequest request, CancellationToken cancellation)
    {
        var prompts = task.PromptsOf(request.Evaluates);
        var answersEach = request.Evaluates ? options.EvaluationSamples : options.GroupSize;
        var drawn = request.Prompts
            .SelectMany(prompt => Enumerable.Range(request.Round * answersEach, answersEach).Select(choice => (Prompt: prompt, Choice: choice)))
            .ToList();
        var requests = drawn.Select(one => new GenerationRequest(prompts[one.Prompt].Ids, SamplingOf(request, prompts[one.Prompt], one.Prompt, one.Choice, model.Chat))).ToList();
        var answers = new TextGenerator(model).Generate(requests, requests.Count, cancellation);
        var rollouts = new List<Rollout>(drawn.Count);
        foreach (var (one, answer) in drawn.Zip(answers))
        {
            // A grader may take seconds over each answer.
            cancellation.ThrowIfCancellationRequested();
            rollouts.Add(RolloutOf(request, prompts[one.Prompt], one.Prompt, one.Choice, answer, model.Chat));
        }
        return rollouts;
    }

    private SamplingOptions SamplingOf(RolloutRequest request, PolicyPrompt asked, int prompt, int choice, ChatEncoder encoder) => new()
    {
        MaxTokens = options.MaxAnswerTokens,
        Temperature = options.Temperature,
        Seed = training.Seed,
        Step = request.Evaluates ? OfEvaluations : request.Number,
        // Every prompt has room for all of its rounds.
        Choice = (int)((prompt * (long)(request.Evaluates ? options.EvaluationSamples : options.GroupSize * (options.Resamples + 1)) + choice) % int.MaxValue),
        Grammar = task.Grammar,
        GrammarAfter = task.Grammar is null ? null : asked.GrammarAfter,
        WrittenTokens = encoder.TokensOfCalls(asked.Tools),
    };

    private Rollout RolloutOf(RolloutRequest request, PolicyPrompt asked, int prompt, int choice, GeneratedText answer, ChatEncoder encoder)
    {
        var drawn = new Rollout
        {
            Number = request.Number,
            Round = request.Round,
            Prompt = prompt,
            Line = asked.Line,
            Choice = choice,
            Text = Thought.Whole(encoder, asked.Ids, answer.Text),
            Ids = [.. answer.Ids, .. answer.EndId is { } end ? [end] : Array.Empty<int>()],
            CutOff = answer.Finish == FinishReason.Length,
            Reward = 0,
            Rewards = new Dictionary<string, double>(),
            SampledLogProbabilities = [.. answer.LogProbabilities],
        };
        return task.Reward is { } reward ? drawn.Graded(reward(asked, drawn.Text), options) : drawn;
    }
}
