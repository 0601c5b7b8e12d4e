using Serverless.Learning;
using Serverless.Learning.Data;
using Serverless.Learning.Reinforcement;
using Serverless.Learning.Training;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>How often a policy is looked at while it trains, on the beginning of its validation file.</summary>
internal static class PolicyLooks
{
    /// <summary>The most prompts that are answered each time.</summary>
    public const int MostPrompts = 64;

    private const int UsualLooks = 10;

    // Looking draws this many times fewer answers than training does.
    private const int TimesFewer = 10;

    /// <summary>
    /// The options with <c>eval_interval</c> and <c>eval_samples</c> resolved: left out, ten evaluations are spread over the run, fewer where they would draw more
    /// than a tenth of the answers that training draws; none without a validation file.
    /// </summary>
    /// <param name="validation">What is known of the validation file.</param>
    /// <exception cref="InputError">Evaluations are asked for, and there is no validation file.</exception>
    public static TrainingOptions With(TrainingOptions options, PolicyRequest asked, long stepsPerEpoch, DatasetScan validation)
    {
        var prompts = Math.Min(MostPrompts, validation.Examples);
        var policy = options.Policy! with { EvaluationSamples = asked.EvaluationSamples ?? 1 };
        if (prompts == 0)
        {
            var name = asked.EvaluationInterval is not null ? "eval_interval" : asked.EvaluationSamples is not null ? "eval_samples" : null;
            return name is null
                ? options
                : throw new InputError(
                    $"method.reinforcement.hyperparameters.{name}: found a value and no validation file; allowed: a value with a validation_file of prompts, which are answered then",
                    $"method.reinforcement.hyperparameters.{name}", "invalid_value");
        }
        var looked = (long)prompts * policy.EvaluationSamples;
        var drawnInStep = (double)options.BatchSize * policy.GroupSize / policy.UpdatesPerRollout;
        var usual = Math.Max(Math.Ceiling(stepsPerEpoch * options.Epochs / (double)UsualLooks), Math.Ceiling(TimesFewer * looked / drawnInStep));
        return options with { Policy = policy with { EvaluationInterval = asked.EvaluationInterval ?? (int)Math.Min(int.MaxValue, usual) } };
    }

    /// <summary>The tokens that go through the model for it: the prompts, and answers as long as allowed.</summary>
    public static long Tokens(PolicyOptions policy, long steps, DatasetScan validation)
    {
        if (policy.EvaluationInterval == 0)
            return 0;
        var prompts = Math.Min(MostPrompts, validation.Examples);
        var looks = (steps + policy.EvaluationInterval - 1) / policy.EvaluationInterval;
        return looks * (validation.Tokens * prompts / Math.Max(1, validation.Examples) + (long)prompts * policy.EvaluationSamples * policy.MaxAnswerTokens);
    }
}
