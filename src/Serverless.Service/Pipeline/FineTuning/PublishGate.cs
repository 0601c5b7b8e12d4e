using System.Globalization;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Whether a tuned model is as much better than its base as the job's owner asked for.</summary>
internal static class PublishGate
{
    /// <summary>Why the model is not published; null if it is better at all, and by as much as was asked for.</summary>
    public static string? Against(PublishCondition condition, JobEvaluation evaluation)
    {
        var asked = condition.MinimumGain > 0 ? Text(condition.MinimumGain) + " or more" : "more than 0";
        if (UngradedAnswers.Unmeasured(evaluation, condition.Metric) is { } reason)
            return $"The model was not published: {reason}, so that there is no gain in {condition.Metric}, and publish_if asks for {asked}. Its checkpoints can be used.";
        var gain = evaluation.GainOf(condition.Metric);
        if (gain > 0 && gain >= condition.MinimumGain)
            return null;
        var found = gain is { } measured ? $"found a gain of {Text(measured)}" : "found no answers to measure it on";
        return $"The model was not published: {found} in {condition.Metric}, and publish_if asks for {asked}. Its checkpoints can be used.";
    }

    private static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
