using System.Globalization;
using Serverless.Learning;
using Serverless.Learning.Data;
using Serverless.Learning.Training;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Finds the checkpoint that was best: of the lowest validation loss or, of a policy, of the highest reward of its validation prompts.</summary>
internal static class BestCheckpoint
{
    /// <summary>Refuses to look for the best where nothing is measured that would tell it.</summary>
    /// <param name="job">The job, or one stage of a recipe as if it were all of it, with its validation file.</param>
    /// <param name="validation">What was counted in that, once it was.</param>
    /// <exception cref="InputError">The best is asked for, and there is no validation file, or none whose answers have a loss.</exception>
    public static void Check(JobRecord job, DatasetScan? validation = null)
    {
        if (job.Method.Hyperparameters.Publish != PublishedCheckpoint.Best)
            return;
        var isPolicy = job.Method.Type == MethodType.Reinforcement;
        if (job.ValidationFile is null)
            throw Refusal(job, "no validation file", isPolicy ? "best with a validation_file of prompts, whose rewards tell which it is" : "best with a validation_file, whose loss tells which it is");
        if (!isPolicy && validation is { SupervisedTokens: 0 })
            throw Refusal(job, "a validation file without answers", "best with one whose answers have a loss");
    }

    /// <summary>The same of a policy, once it is known how often it is looked at.</summary>
    /// <param name="steps">Those of the stage.</param>
    /// <exception cref="InputError">The best is asked for, and no checkpoint would be looked at.</exception>
    public static void Check(JobRecord job, TrainingOptions options, int steps)
    {
        if (job.Method.Hyperparameters.Publish == PublishedCheckpoint.Best && options.Policy is { } policy && (policy.EvaluationInterval == 0 || policy.EvaluationInterval >= steps))
            throw Refusal(
                job, FormattableString.Invariant($"an eval_interval of {policy.EvaluationInterval} with {steps} steps"), "best with an eval_interval below the steps, so that policies are looked at after some of them");
    }

    /// <summary>The head as it was at the best checkpoint, if the plan publishes that and one was measured.</summary>
    public static JobHead Of(JobHead head, JobPlan plan)
    {
        if (!plan.TakesBest || In(head.Checkpoints, plan) is not { } best)
            return head;
        return head with { Checkpoints = head.Checkpoints[..(head.Checkpoints.IndexOf(best) + 1)] };
    }

    /// <summary>The best among the checkpoints of the plan's steps, or null if none was measured; of equal ones the first.</summary>
    public static CommittedCheckpoint? In(IEnumerable<CommittedCheckpoint> checkpoints, JobPlan plan)
    {
        var own = checkpoints.Where(checkpoint => checkpoint.Step > plan.StepsBefore).ToList();
        return plan.Options.Policy is null
            ? own.Where(checkpoint => checkpoint.Metrics?.ValidLoss is not null).MinBy(checkpoint => checkpoint.Metrics!.ValidLoss)
            : own.Where(checkpoint => checkpoint.Metrics?.ValidReward is not null).MaxBy(checkpoint => checkpoint.Metrics!.ValidReward);
    }

    /// <summary>Whether a step leads to a policy that the next one looks at before it is taken.</summary>
    public static bool IsLookedAt(JobPlan plan, int step) =>
        plan is { TakesBest: true, Options.Policy: { EvaluationInterval: > 0 } policy } && step < plan.EndStep && (step - plan.StepsBefore) % policy.EvaluationInterval == 0;

    /// <summary>How many steps there are from one on to the next whose policy is looked at; without end where none is.</summary>
    public static int StepsToLook(JobPlan plan, int step) =>
        plan is { TakesBest: true, Options.Policy: { EvaluationInterval: > 0 and var interval } } ? interval - ((step - plan.StepsBefore) % interval) : int.MaxValue;

    /// <summary>What the job's owner is told of the checkpoint that becomes the model; null where it was not asked for, or is not known.</summary>
    public static string? Told(JobHead head, JobPlan plan)
    {
        if (plan.Published != PublishedCheckpoint.Best || In(head.Checkpoints, plan) is not { } best)
            return null;
        return plan.Options.Policy is null
            ? string.Create(CultureInfo.InvariantCulture, $"The model is that of step {best.Step}, whose validation loss, {best.Metrics!.ValidLoss:0.####}, is the lowest")
            : string.Create(CultureInfo.InvariantCulture, $"The model is that of step {best.Step}, whose validation reward, {best.Metrics!.ValidReward:0.####}, is the highest");
    }

    private static InputError Refusal(JobRecord job, string found, string allowed)
    {
        var path = $"{job.MethodPath()}.{job.Method.Type.ToString().ToLowerInvariant()}.hyperparameters.publish";
        return new InputError($"{path}: found best and {found}; allowed: {allowed}, or last", path, "invalid_value");
    }
}
