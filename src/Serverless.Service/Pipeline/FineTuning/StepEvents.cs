using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>What a job's owner is told of single steps.</summary>
internal static class StepEvents
{
    private const int MostCharacters = 500;

    private static readonly JsonSerializerOptions SampleJson = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private sealed record SampleData(string Prompt, string Answer, double? Reward);

    /// <summary>OpenAI's metrics event, with the rate, the pace and what validation measured; of a step that was skipped without a loss, and with <c>skipped</c> 1.</summary>
    public static JobEvent Metrics(TrainedStep taken, int totalSteps)
    {
        var step = taken.Metrics;
        var data = new Dictionary<string, double>
        {
            ["step"] = step.Step,
            ["total_steps"] = totalSteps,
            ["learning_rate"] = step.LearningRate,
            ["tokens_per_second"] = Math.Round(step.Tokens / Math.Max(1e-9, step.Elapsed.TotalSeconds), 1),
        };
        if (step.Loss is { } loss)
            data["train_loss"] = loss;
        if (step.Skipped)
            data["skipped"] = 1;
        if (step.Accuracy is { } accuracy)
            data["train_mean_token_accuracy"] = accuracy;
        var message = string.Create(CultureInfo.InvariantCulture, $"Step {step.Step}/{totalSteps}: {(step.Loss is null ? "skipped" : $"training loss={step.Loss:0.00##}")}");
        if (step.Figures.TryGetValue("reward", out var reward))
            message += string.Create(CultureInfo.InvariantCulture, $", reward={reward:0.00##}");
        if (step.Figures.TryGetValue("valid_reward", out var validReward))
            message += string.Create(CultureInfo.InvariantCulture, $", validation reward={validReward:0.00##}");
        if (taken.Validation is { } validation)
        {
            data["valid_loss"] = validation.Loss;
            if (validation.Accuracy is { } validAccuracy)
                data["valid_mean_token_accuracy"] = validAccuracy;
            message += string.Create(CultureInfo.InvariantCulture, $", validation loss={validation.Loss:0.00##}");
        }
        foreach (var (name, value) in StepFigures.Of(taken))
            data[name] = value;
        return new JobEvent
        {
            CreatedAt = taken.At,
            Type = EventType.Metrics,
            Message = message,
            Data = JsonSerializer.SerializeToElement(data),
        };
    }

    /// <summary>What the model answered: <c>{step, samples: [{prompt, answer, reward?}]}</c>, long texts cut.</summary>
    public static JobEvent Samples(TrainedStep taken)
    {
        var step = taken.Metrics.Step;
        return new JobEvent
        {
            CreatedAt = taken.At,
            Message = $"Step {step}: sample answers",
            Data = JsonSerializer.SerializeToElement(new { step, samples = taken.Samples.Select(sample => new SampleData(Cut(sample.Prompt), Cut(sample.Answer), sample.Reward)) }, SampleJson),
        };
    }

    public static JobEvent Stopped(TrainedStep taken, int patience, bool takesBest) => new()
    {
        CreatedAt = taken.At,
        Message = $"Step {taken.Metrics.Step}: the validation loss has not fallen for {patience} {(patience == 1 ? "epoch" : "epochs")}; training ends here, and the "
            + $"{(takesBest ? "checkpoint with the lowest" : "last checkpoint")} is published",
    };

    public static JobEvent Skipped(TrainedStep taken) => new()
    {
        CreatedAt = taken.At,
        Level = EventLevel.Warn,
        Message = $"Step {taken.Metrics.Step}: the gradient was not finite; the step was skipped",
    };

    /// <summary>A pair of surrogates is not torn apart.</summary>
    private static string Cut(string text) => text.Length <= MostCharacters
        ? text
        : $"{text[..(char.IsHighSurrogate(text[MostCharacters - 1]) ? MostCharacters - 1 : MostCharacters)]}…";
}
