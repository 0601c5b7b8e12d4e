using System.Globalization;
using System.Text;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// The result file of a job: the columns of OpenAI's, then one for each figure of the job's method, and if steps were skipped one that says which: they have no loss.
/// </summary>
internal static class StepMetricsCsv
{
    public const string FileName = "step_metrics.csv";

    public static byte[] Write(IReadOnlyCollection<JobMetrics> metrics)
    {
        var names = metrics.SelectMany(step => step.Figures.Keys).Distinct().ToList();
        var text = new StringBuilder("step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy");
        foreach (var name in names)
            text.Append(',').Append(name);
        var skips = metrics.Any(step => step.Skipped);
        if (skips)
            text.Append(",skipped");
        text.Append('\n');
        foreach (var step in metrics)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"{step.Step},{step.TrainLoss:0.#####},{step.TrainAccuracy:0.#####},{step.ValidLoss:0.#####},{step.ValidAccuracy:0.#####}");
            foreach (var name in names)
                text.Append(CultureInfo.InvariantCulture, $",{(step.Figures.TryGetValue(name, out var value) ? value : null):0.#####}");
            if (skips)
                text.Append(step.Skipped ? ",1" : ",");
            text.Append('\n');
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
