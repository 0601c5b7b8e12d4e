using Serverless.Learning.Data;
using Serverless.Learning.Models;
using Serverless.Learning.Native;
using Serverless.Learning.Training;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Makes of a request, a model's shape and what is known of the data a plan in which nothing is <c>auto</c> any more.</summary>
internal static class JobPlanner
{
    /// <summary>T of continued pre-training where nothing else is asked for: longer rows cost more than they teach.</summary>
    private const int UsualRow = 1024;

    /// <summary>The most steps of a job: months of work on any machine. Metrics, events and checkpoints grow with them.</summary>
    private const int MaxSteps = 1_000_000;

    /// <summary>The plan of a job whose files were counted; the same for the job and for its dry run, so that the two cannot disagree. Does not load libtorch.</summary>
    /// <exception cref="Learning.InputError">A value that was asked for is out of its range.</exception>
    public static JobPlan PlanOf(JobRecord job, DecoderConfig config, PrepareCursor cursor) => job.Method.Distillation is { } distillation
        ? BeforeTeaching(job, distillation, config, cursor)
        : Of(job, config, cursor);

    /// <summary>The tokens that longer examples of a job's training file are cut to; null if none is to be cut.</summary>
    public static int? CutAt(JobRecord job, DecoderConfig config) => job.Method.Hyperparameters is { TruncatesEnd: true, MaxSequenceLength: var asked }
        ? Math.Min(asked ?? (job.Method.Type == MethodType.Pretraining ? UsualRow : config.MaxLength), config.MaxLength)
        : null;

    /// <exception cref="Learning.InputError">A value that was asked for is out of its range.</exception>
    public static JobPlan Of(JobRecord job, DecoderConfig config, PrepareCursor cursor)
    {
        EarlyStop.Check(job, cursor.Validation);
        BestCheckpoint.Check(job, cursor.Validation);
        var scan = cursor.Training;
        var (options, stepsPerEpoch) = Resolve(job, config, cursor);
        var estimate = new TrainingEstimate(config, options);
        var steps = StepsOf(stepsPerEpoch, options.Epochs);
        BestCheckpoint.Check(job, options, steps);
        var replayed = ReplayTokens(job, config, options, cursor.Replay);
        return new JobPlan
        {
            Options = options,
            EarlyStoppingPatience = job.Method.Hyperparameters.EarlyStoppingPatience,
            Published = job.Method.Hyperparameters.Publish,
            Fingerprint = NativeRuntime.Fingerprint,
            TotalSteps = steps,
            Examples = scan.Examples,
            Tokens = scan.Tokens,
            ReplayTokens = replayed,
            ValidationExamples = cursor.Validation.Examples,
            ValidationTokens = cursor.Validation.Tokens,
            Weights = estimate.Weights,
            EstimatedBytes = estimate.Bytes,
            EstimatedTime = estimate.Time(ComputedTokens(options, cursor, steps) + (long)steps * replayed, NativeRuntime.Fingerprint.Threads),
        };
    }

    /// <summary>The plan of a distillation before its teacher has answered: as if all answers were learned from, each as long as it may be.</summary>
    /// <exception cref="Learning.InputError">A value that was asked for is out of its range.</exception>
    private static JobPlan BeforeTeaching(JobRecord job, DistillationRequest asked, DecoderConfig config, PrepareCursor cursor)
    {
        var prompts = cursor.Training;
        var context = ContextOf(RequestedTraining.Of(job), config);
        // Of a conversation the answer that the teacher gives in its place is already counted.
        var longest = prompts.Format?.Format == DatasetFormat.Reinforcement ? prompts.LongestTokens : context / 2;
        var tokens = asked.MaxAnswerTokens ?? RequestedPolicy.AnswerTokens(context, longest);
        var answers = (int)Math.Min(int.MaxValue, (long)prompts.Examples * asked.Samples);
        var foreseen = prompts with
        {
            Examples = answers, Sequences = answers, UnsupervisedExamples = 0, Tokens = asked.Samples * (prompts.Tokens + (long)prompts.Examples * tokens),
        };
        return Of(job, config, cursor with { Training = foreseen }) with { AnswerTokens = tokens };
    }

    /// <summary>
    /// The tokens that go through the model. A policy answers every prompt as often as a group is large, at most as long as allowed; each
    /// answer is computed once to be drawn and, with its prompt, once to be learned from. Now and then it answers validation prompts.
    /// </summary>
    private static long ComputedTokens(TrainingOptions options, PrepareCursor cursor, int steps)
    {
        var scan = cursor.Training;
        return options.Policy is not { } policy
            ? options.Epochs * scan.Tokens
            : options.Epochs * policy.GroupSize * (scan.Tokens * policy.UpdatesPerRollout + (long)scan.Examples * policy.MaxAnswerTokens * (1 + policy.UpdatesPerRollout))
                + PolicyLooks.Tokens(policy, steps, cursor.Validation);
    }

    /// <summary>The tokens of general text that a step reads.</summary>
    /// <exception cref="Learning.InputError">There is too little of it.</exception>
    private static int ReplayTokens(JobRecord job, DecoderConfig config, TrainingOptions options, DatasetScan text)
    {
        if (job.Method.Replay is not { } replay)
            return 0;
        // Each document has a separator before it.
        GeneralText.Check(text.Tokens + text.Examples, config.MaxLength);
        return ReplayTask.RowsOfStep(replay.Share, options.BatchSize) * GeneralText.RowOf(config.MaxLength);
    }

    private static int StepsOf(long perEpoch, int epochs) => perEpoch * epochs is <= MaxSteps and var steps
        ? (int)steps
        : throw new Learning.InputError(
            $"method: found {perEpoch * epochs} steps, {perEpoch} in each of {epochs} epochs; allowed: at most {MaxSteps}; take larger batches, fewer epochs or less data", "method");

    /// <summary>The options with nothing <c>auto</c> any more, and the steps of an epoch.</summary>
    private static (TrainingOptions Options, long StepsPerEpoch) Resolve(JobRecord job, DecoderConfig config, PrepareCursor cursor)
    {
        var scan = cursor.Training;
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
            return ResolvePolicy(job, asked, config, cursor);
        var trained = job.Method.Type is MethodType.Supervised or MethodType.Distillation ? scan.Sequences - scan.UnsupervisedExamples : scan.Examples;
        var options = AutoOptions.Resolve(asked, config, trained, job.Seed);
        return (options, ((long)trained + options.BatchSize - 1) / options.BatchSize);
    }

    private static (TrainingOptions Options, long StepsPerEpoch) ResolvePolicy(
        JobRecord job, RequestedOptions asked, DecoderConfig config, PrepareCursor cursor)
    {
        var (scan, policy) = (cursor.Training, job.Method.Policy ?? new PolicyRequest());
        var resolved = RequestedPolicy.Resolve(policy, ContextOf(asked, config), scan.LongestTokens);
        var options = AutoOptions.Resolve(asked with { Policy = resolved }, config, scan.Examples, job.Seed);
        var stepsPerEpoch = ((long)scan.Examples + options.BatchSize - 1) / options.BatchSize * resolved.UpdatesPerRollout;
        return (PolicyLooks.With(options, policy, stepsPerEpoch, cursor.Validation), stepsPerEpoch);
    }

    private static int ContextOf(RequestedOptions asked, DecoderConfig config) => Math.Min(asked.MaxSequenceLength ?? config.MaxLength, config.MaxLength);
}
