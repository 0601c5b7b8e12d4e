using System.Globalization;
using System.Text;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>The result file of a job, with the columns of OpenAI's.</summary>
internal static class StepMetricsCsv
{
    public const string FileName = "step_metrics.csv";

    public static byte[] Write(IEnumerable<JobMetrics> metrics)
    {
        var text = new StringBuilder("step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n");
        foreach (var step in metrics)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"{step.Step},{step.TrainLoss:0.#####},{step.TrainAccuracy:0.#####},{step.ValidLoss:0.#####},{step.ValidAccuracy:0.#####}\n");
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
