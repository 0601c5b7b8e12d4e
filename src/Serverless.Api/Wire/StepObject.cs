using System.Text.Json.Nodes;
using Serverless.Service.Jobs;

namespace Serverless.Api.Wire;

/// <summary>What one optimiser step measured, under the names of the metrics events.</summary>
internal static class StepObject
{
    public static JsonObject Of(JobMetrics step)
    {
        var written = new JsonObject
        {
            ["step"] = step.Step,
            ["created_at"] = step.CreatedAt.ToUnixTimeSeconds(),
            ["train_loss"] = Number(step.TrainLoss),
            ["learning_rate"] = Number(step.LearningRate),
            ["gradient_norm"] = Number(step.GradientNorm),
            ["tokens"] = step.Tokens,
            ["seconds"] = Number(step.Seconds),
        };
        if (step.Skipped)
            written["skipped"] = 1;
        Add(written, "train_mean_token_accuracy", step.TrainAccuracy);
        Add(written, "valid_loss", step.ValidLoss);
        Add(written, "valid_mean_token_accuracy", step.ValidAccuracy);
        foreach (var (name, value) in step.Figures)
            Add(written, name, value);
        return written;
    }

    /// <summary>A number as JSON can carry it: null for what is infinite or none.</summary>
    public static JsonNode? Number(double? value) => value is { } known && double.IsFinite(known) ? known : null;

    private static void Add(JsonObject written, string name, double? value)
    {
        if (value is { } known)
            written[name] = Number(known);
    }
}
