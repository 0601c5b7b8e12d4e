using System.Collections.Immutable;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>What a stage of a recipe came to, from the metrics of its steps.</summary>
internal static class StageFigures
{
    /// <summary>Single steps vary, above all the rewards of a policy.</summary>
    private const int AveragedSteps = 10;

    /// <summary>
    /// The means of the loss and of the method's own figures over the last ten steps, steps that were skipped left out, what validation measured last, and how many steps
    /// were skipped, if any were.
    /// </summary>
    /// <param name="metrics">Those of the stage's steps, in order.</param>
    public static ImmutableSortedDictionary<string, double> Of(IReadOnlyCollection<JobMetrics> metrics)
    {
        var figures = ImmutableSortedDictionary.CreateBuilder<string, double>(StringComparer.Ordinal);
        var last = metrics.TakeLast(AveragedSteps).ToList();
        Add("train_loss", last.Select(step => step.TrainLoss));
        Add("train_mean_token_accuracy", last.Select(step => step.TrainAccuracy));
        foreach (var name in metrics.SelectMany(step => step.Figures.Keys).Distinct())
        {
            var isValidation = name.StartsWith("valid_", StringComparison.Ordinal);
            var measured = (isValidation ? metrics : last).Where(step => step.Figures.ContainsKey(name)).Select(step => (double?)step.Figures[name]);
            Add(name, isValidation ? measured.TakeLast(1) : measured);
        }
        Add("valid_loss", metrics.Select(step => step.ValidLoss).OfType<double>().TakeLast(1).Cast<double?>());
        Add("valid_mean_token_accuracy", metrics.Select(step => step.ValidAccuracy).OfType<double>().TakeLast(1).Cast<double?>());
        if (metrics.Count(step => step.Skipped) is > 0 and var skipped)
            figures["skipped_steps"] = skipped;
        return figures.ToImmutable();

        void Add(string name, IEnumerable<double?> values)
        {
            if (values.Average() is { } mean && double.IsFinite(mean))
                figures[name] = mean;
        }
    }
}
