using Serverless.Learning.Data;
using Serverless.Learning.Models;
using Serverless.Learning.Native;
using Serverless.Learning.Training;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// Makes a job's plan from its request, its model's shape and what was counted in its files; for the job and for its dry run alike, so that
/// the two cannot disagree. Does not load libtorch.
/// </summary>
internal static class JobPlanning
{
    /// <summary>T of continued pre-training where nothing else is asked for: longer rows cost more than they teach.</summary>
    private const int UsualRow = 1024;

    /// <exception cref="Learning.InputError">A hyper-parameter is out of its range, or does not fit the model.</exception>
    public static JobPlan PlanOf(JobRecord job, DecoderConfig config, DatasetScan training, DatasetScan validation)
    {
        var (options, stepsPerEpoch) = Resolve(job, config, training);
        var estimate = new TrainingEstimate(config, options);
        return new JobPlan
        {
            Options = options,
            EarlyStoppingPatience = job.Method.Hyperparameters.EarlyStoppingPatience,
            Fingerprint = NativeRuntime.Fingerprint,
            TotalSteps = stepsPerEpoch * options.Epochs,
            Examples = training.Examples,
            Tokens = training.Tokens,
            ValidationExamples = validation.Examples,
            ValidationTokens = validation.Tokens,
            Weights = estimate.Weights,
            EstimatedBytes = estimate.Bytes,
            EstimatedTime = estimate.Time(ComputedTokens(options, training), NativeRuntime.Fingerprint.Threads),
        };
    }

    /// <summary>
    /// The tokens that go through the model. A policy answers every prompt as often as a group is large, at most as long as allowed; each
    /// answer is computed once to be drawn and, with its prompt, once to be learned from.
    /// </summary>
    private static long ComputedTokens(TrainingOptions options, DatasetScan scan) => options.Policy is { } policy
        ? options.Epochs * policy.GroupSize * (scan.Tokens * policy.UpdatesPerRollout + (long)scan.Examples * policy.MaxAnswerTokens * (1 + policy.UpdatesPerRollout))
        : options.Epochs * scan.Tokens;

    /// <summary>The options with nothing <c>auto</c> any more, and the steps of an epoch.</summary>
    private static (TrainingOptions Options, int StepsPerEpoch) Resolve(JobRecord job, DecoderConfig config, DatasetScan scan)
    {
        var asked = RequestedTraining.Of(job);
        if (job.Method.Type == MethodType.Pretraining)
        {
            // Each document has a separator before it; a row is not longer than all of the text.
            var tokens = scan.Tokens + scan.Examples;
            var time = (int)Math.Min(Math.Min(asked.MaxSequenceLength ?? UsualRow, config.MaxLength), Math.Max(2, tokens - 1));
            var rows = (int)Math.Min(int.MaxValue, TextBatches.RowsIn(tokens, time));
            var text = AutoOptions.Resolve(asked with { MaxSequenceLength = time }, config, rows, job.Seed);
            return (text, TextBatches.StepsIn(tokens, text));
        }
        if (job.Method.Type == MethodType.Reinforcement)
            return ResolvePolicy(job, asked, config, scan);
        var trained = job.Method.Type == MethodType.Supervised ? scan.Sequences - scan.UnsupervisedExamples : scan.Examples;
        var options = AutoOptions.Resolve(asked, config, trained, job.Seed);
        return (options, (trained + options.BatchSize - 1) / options.BatchSize);
    }

    private static (TrainingOptions Options, int StepsPerEpoch) ResolvePolicy(
        JobRecord job, RequestedOptions asked, DecoderConfig config, DatasetScan scan)
    {
        var context = Math.Min(asked.MaxSequenceLength ?? config.MaxLength, config.MaxLength);
        var policy = RequestedPolicy.Resolve(job.Method.Policy ?? new PolicyRequest(), context, scan.LongestTokens);
        var options = AutoOptions.Resolve(asked with { Policy = policy }, config, scan.Examples, job.Seed);
        return (options, (scan.Examples + options.BatchSize - 1) / options.BatchSize * policy.UpdatesPerRollout);
    }
}
