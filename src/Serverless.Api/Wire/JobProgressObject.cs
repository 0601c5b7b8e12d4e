using System.Text.Json.Nodes;
using Serverless.Service.Jobs;

namespace Serverless.Api.Wire;

/// <summary>How far a job's training is: step, total_steps, and from the pace of the last steps tokens_per_second and seconds_left.</summary>
internal static class JobProgressObject
{
    /// <param name="recent">The last steps, in order; may be empty.</param>
    /// <param name="committed">The steps that are certain.</param>
    /// <param name="total">The steps that there are.</param>
    public static JsonObject Of(IReadOnlyList<JobMetrics> recent, int committed, int total)
    {
        var step = recent.Count > 0 ? recent[^1].Step : committed;
        var seconds = recent.Sum(one => one.Seconds);
        return new JsonObject
        {
            ["step"] = step,
            ["total_steps"] = total,
            ["train_loss"] = recent.Count > 0 ? StepObject.Number(recent[^1].TrainLoss) : null,
            ["tokens_per_second"] = seconds > 0 ? Math.Round(recent.Sum(one => (double)one.Tokens) / seconds, 1) : null,
            ["seconds_left"] = recent.Count > 0 ? Math.Round(seconds / recent.Count * Math.Max(0, total - step), 1) : null,
        };
    }
}
