using System.Text.Json;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Api.Wire;

/// <summary>One stage of a recipe in the answer to a dry run; its hyper-parameters stand in the job's method.</summary>
internal sealed record DryRunStageObject(
    string Type, DryRunFileObject TrainingFile, DryRunFileObject? ValidationFile, int Examples, long TotalTokens, int TotalSteps, double EstimatedSeconds, long PeakMemoryBytes)
{
    public static DryRunStageObject Of(DryRunStage stage) => new(
        JsonNamingPolicy.SnakeCaseLower.ConvertName(stage.Job.Method.Type.ToString()),
        DryRunFileObject.Of(stage.TrainingFile, stage.Training),
        stage.ValidationFile is { } file ? DryRunFileObject.Of(file, stage.Validation) : null,
        stage.Plan.Examples,
        stage.Plan.TotalTokens,
        stage.Plan.TotalSteps,
        Math.Round(stage.Plan.EstimatedTime.TotalSeconds, 1),
        stage.Plan.EstimatedBytes);
}
