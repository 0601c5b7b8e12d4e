using Serverless.Learning.Formats;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning.Teaching;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Gathers what the cards of published models say.</summary>
public sealed class PublishedCards(JobPlans plans, JobMerges merges, FileCatalog files)
{
    /// <param name="plan">That of the job or, of a recipe, of its last stage.</param>
    /// <param name="metrics">Those of all steps.</param>
    public async Task<ModelCardFacts> FactsAsync(
        ModelId name, JobRecord job, JobPlan plan, IReadOnlyList<JobMetrics> metrics, JobEvaluation? evaluation, CancellationToken ct)
    {
        var data = new List<ModelCardDataset>();
        var parameters = new List<KeyValuePair<string, string>>();
        foreach (var stage in job.InStages())
        {
            var own = await plans.FindAsync(stage.StageId(), ct) ?? throw new InvalidOperationException($"{stage.StageId()} has no plan");
            var mark = job.Stages.IsEmpty ? "" : $"stage {stage.Stage + 1}: ";
            data.AddRange((await DataAsync(stage, own, ct)).Select(one => one with { Use = mark + one.Use }));
            parameters.AddRange(PublishedCard.HyperParameters(stage, own).Select(entry => KeyValuePair.Create(mark + entry.Name, entry.Value)));
        }
        var facts = PublishedCard.Facts(name, job.AtPresent(), plan, data, metrics, evaluation) with { HyperParameters = parameters, Merge = await merges.FindAsync(job.Id, ct) };
        return job.Stages.IsEmpty ? facts : facts with
        {
            BaseModel = job.StartOf(job.Stages.Length - 1).Value,
            Method = $"a recipe of {job.Stages.Length} stages",
            Stages = [.. job.InStages().Select(stage => PublishedCard.Stage(stage, evaluation))],
        };
    }

    private async Task<IReadOnlyList<ModelCardDataset>> DataAsync(JobRecord job, JobPlan plan, CancellationToken ct)
    {
        var data = new List<ModelCardDataset>();
        if (job.Method.Distillation is not null && await files.FindAsync(TaughtFiles.IdOf(job), ct) is { } taught)
            data.Add(PublishedCard.Dataset("training", taught, plan.Examples, plan.Tokens));
        if (await files.FindAsync(job.TrainingFile, ct) is { } training)
        {
            data.Add(job.Method.Distillation is null
                ? PublishedCard.Dataset("training", training, plan.Examples, plan.Tokens)
                : PublishedCard.Dataset("prompts", training, training.Report?.Examples ?? 0, training.Report?.Tokens ?? 0));
        }
        if (job.ValidationFile is { } id && await files.FindAsync(id, ct) is { } validation)
            data.Add(PublishedCard.Dataset("validation", validation, plan.ValidationExamples, plan.ValidationTokens));
        if (job.Method.Replay is { } replay && await files.FindAsync(replay.File, ct) is { } text)
            data.Add(PublishedCard.Dataset(replay.Share > 0 ? "replay" : "general text", text, text.Report?.Examples ?? 0, text.Report?.Tokens ?? 0));
        return data;
    }
}
