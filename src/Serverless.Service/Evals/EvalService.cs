using System.Collections.Immutable;
using System.Text.Json;
using Serverless.Learning;
using Serverless.Learning.Grading;
using Serverless.Service.Catalog;
using Serverless.Service.Files;
using Serverless.Service.Inference;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.Evals;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Service.Evals;

/// <summary>What callers can do with evaluations and their runs.</summary>
public sealed class EvalService(
    EvalCatalog evals, EvalRunCatalog runs, EvalItemStore items, EvalItems source, FileCatalog files, CheckpointModels models, GraderModels graderModels,
    IWorkflowStarter workflows, TimeProvider clock)
{
    /// <exception cref="InputError">A criterion asks a model that does not exist.</exception>
    public async Task<EvalRecord> CreateAsync(
        string? name, JsonElement itemSchema, bool includeSampleSchema, ImmutableArray<JsonElement> criteria, ImmutableDictionary<string, string> metadata,
        CancellationToken ct)
    {
        foreach (var (at, json) in criteria.Index())
            await graderModels.CheckAsync(Grader.Parse(json, $"testing_criteria[{at}]"), $"testing_criteria[{at}].model", ct);
        var id = EvalId.New(clock);
        return await evals.CreateAsync(
            new EvalRecord
            {
                Id = id,
                Name = name ?? id.Value,
                CreatedAt = clock.GetUtcNow(),
                ItemSchema = itemSchema,
                IncludeSampleSchema = includeSampleSchema,
                TestingCriteria = criteria,
                Metadata = metadata,
            },
            ct);
    }

    /// <summary>Removes an evaluation with its runs; those that run are cancelled.</summary>
    public async Task DeleteAsync(EvalId id, CancellationToken ct)
    {
        await evals.DeleteAsync(id, ct);
        await foreach (var run in runs.AllAsync(run => run.EvalId == id, ct))
            await DeleteRunAsync(run.Id, ct);
    }

    /// <summary>Creates a run and starts it. Its record exists when this returns, and from then on it is not lost.</summary>
    /// <exception cref="InputError">The file or the model does not exist.</exception>
    /// <exception cref="RecordNotFoundException">The evaluation was deleted meanwhile.</exception>
    public async Task<EvalRunRecord> CreateRunAsync(
        EvalRecord eval, string? name, EvalDataSource data, ImmutableDictionary<string, string> metadata, CancellationToken ct)
    {
        if (data.File is { } file && await files.FindAsync(file, ct) is null)
            throw new InputError($"invalid data_source.source.id: {file}", "data_source.source.id");
        if (data.Model is { } model && await models.FindAsync(model, ct) is null)
            throw new InputError($"The model '{model}' does not exist", "data_source.model", "model_not_available");
        if (data.Model is not null && !data.Json.TryGetProperty("input_messages", out _) && !(data.File is { } lines && await source.IsDatasetAsync(lines, ct)))
            throw new InputError(
                "data_source.input_messages: found nothing; allowed: what the model is asked, which only the lines of a data set say themselves", "data_source.input_messages", "missing_required_parameter");
        var id = EvalRunId.New(clock);
        var run = await runs.CreateAsync(
            new EvalRunRecord
            {
                Id = id,
                EvalId = eval.Id,
                Name = name ?? id.Value,
                CreatedAt = clock.GetUtcNow(),
                DataSource = data,
                TestingCriteria = eval.TestingCriteria,
                Criteria = [.. eval.TestingCriteria.Select(json => new EvalCriterionCounts(json.GetProperty("name").GetString()!))],
                Metadata = metadata,
            },
            ct);
        // Whoever deletes the evaluation from here on finds the run.
        if (await evals.FindAsync(eval.Id, ct) is null)
        {
            await DeleteRunAsync(id, ct);
            throw new RecordNotFoundException(eval.Id.Value);
        }
        await StartRunAsync(id, ct);
        return run;
    }

    /// <summary>Starts the workflow of a run; harmless if it runs or is final.</summary>
    public Task StartRunAsync(EvalRunId id, CancellationToken ct) => workflows.StartAsync(EvalRunWorkflow.Name, id.Value, id, ct);

    /// <summary>Cancels a run; one that has ended stays as it is. What is done by then is kept.</summary>
    public Task<EvalRunRecord> CancelRunAsync(EvalRunId id, CancellationToken ct) =>
        runs.UpdateAsync(id, run => run.IsFinal() ? run : run with { Status = EvalRunStatus.Canceled }, ct);

    /// <summary>Removes a run with its items; one that runs stops at its next block.</summary>
    public async Task DeleteRunAsync(EvalRunId id, CancellationToken ct)
    {
        await runs.DeleteAsync(id, ct);
        await items.DeleteAsync(id, ct);
    }
}
