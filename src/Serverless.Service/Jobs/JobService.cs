using System.Globalization;
using System.Security.Cryptography;
using Serverless.Learning;
using Serverless.Learning.Grading;
using Serverless.Service.Files;
using Serverless.Service.Inference;
using Serverless.Service.Models;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Service.Pipeline.FineTuning.Teaching;

namespace Serverless.Service.Jobs;

/// <summary>What callers can do with jobs.</summary>
public sealed class JobService(JobCatalog jobs, FileCatalog files, CheckpointModels models, Teachers teachers, GraderModels graderModels, JobWishes wishes, IWorkflowStarter workflows,
    TimeProvider clock)
{
    /// <summary>Files of this purpose can be trained on.</summary>
    private const string TrainingPurpose = "fine-tune";

    /// <summary>Creates a job and starts it. Its record exists when this returns, and from then on it is not lost.</summary>
    /// <exception cref="InputError">Something that the request names does not exist or cannot be used for this.</exception>
    public async Task<JobRecord> CreateAsync(JobRequest request, CancellationToken ct)
    {
        var job = await jobs.CreateAsync((await CheckAsync(request, models.FindAsync, ct)).Job, ct);
        await StartAsync(job.Id, ct);
        return job;
    }

    /// <summary>The record that a request would make, and a description of its model, with nothing written or started.</summary>
    /// <exception cref="InputError">Something that the request names does not exist or cannot be used for this.</exception>
    public Task<(JobRecord Job, ModelRecord Model)> DraftAsync(JobRequest request, CancellationToken ct) => CheckAsync(request, models.DescribeAsync, ct);

    /// <param name="find">Finds a model by its name, made or only described.</param>
    private async Task<(JobRecord Job, ModelRecord Model)> CheckAsync(JobRequest request, Func<ModelId, CancellationToken, Task<ModelRecord?>> find, CancellationToken ct)
    {
        var model = await find(request.Model, ct) ?? throw NotAvailable(request.Model, "model");
        var students = new List<ModelId?>();
        foreach (var (at, stage) in request.Stages.Index())
        {
            students.Add(stage.Model is { } student
                ? await RootOfAsync(await find(student, ct) ?? throw NotAvailable(student, $"method.recipe.stages[{at}].model"), ct)
                : null);
        }
        await CheckFileAsync(request.TrainingFile, "training_file", ct);
        if (request.ValidationFile is { } validation)
            await CheckFileAsync(validation, "validation_file", ct);
        if (request.Method.Replay is { } replay)
            await CheckFileAsync(replay.File, ReplayRequest.FileParameter, ct);
        await CheckEvaluationAsync(request, ct);
        var job = new JobRecord
        {
            Id = JobId.New(clock),
            Model = request.Model,
            BaseModel = await RootOfAsync(model, ct),
            TrainingFile = request.TrainingFile,
            ValidationFile = request.ValidationFile,
            Suffix = request.Suffix,
            Seed = request.Seed ?? RandomNumberGenerator.GetInt32(int.MaxValue),
            Method = request.Method,
            Adapter = request.Adapter,
            Stages = [.. request.Stages.Select((stage, at) => StageOf(stage, request) with { Student = stage.Model, StudentBase = students[at] })],
            Graders = request.Graders,
            PublishIf = request.PublishIf,
            MergeDtype = request.MergeDtype,
            Budget = request.Budget,
            Metadata = request.Metadata,
            CreatedAt = clock.GetUtcNow(),
        };
        foreach (var stage in job.InStages())
            await CheckStageAsync(stage, ct);
        var last = job.AtLast();
        if ((last.ValidationFile ?? job.ValidationFile) is { } compared && await files.FindAsync(compared, ct) is { } file)
            EvaluationMetrics.Check(last, file);
        return (job, model);
    }

    private static InputError NotAvailable(ModelId model, string parameter) =>
        new($"The model '{model}' does not exist or is not available for fine-tuning", parameter, "model_not_available");

    /// <summary>The base that all tuning began with: that of an adapter may be a published model.</summary>
    private async Task<ModelId> RootOfAsync(ModelRecord model, CancellationToken ct)
    {
        if (model is { Kind: ModelKind.Adapter, BaseModel: { } whole })
            return (await models.DescribeAsync(whole, ct))?.BaseModel ?? whole;
        return model.BaseModel ?? model.Id;
    }

    private static RecipeStage StageOf(RecipeStageRequest asked, JobRequest request) => new()
    {
        Method = asked.Method,
        Adapter = asked.Adapter,
        TrainingFile = asked.TrainingFile ?? request.TrainingFile,
        ValidationFile = asked.ValidationFile,
    };

    /// <summary>What a stage names besides: the teacher, what grades answers and, of a recipe, files of its own.</summary>
    private async Task CheckStageAsync(JobRecord stage, CancellationToken ct)
    {
        var path = stage.MethodPath();
        // Whether a stage has the job's file for its own is known when that is read.
        if (stage.Stages.IsEmpty || stage.Method.Type == MethodType.Reinforcement)
            EarlyStop.Check(stage);
        if (stage.Stages.IsEmpty)
            BestCheckpoint.Check(stage);
        if (!stage.Stages.IsEmpty)
        {
            await CheckFileAsync(stage.TrainingFile, $"{path}.training_file", ct);
            if (stage.ValidationFile is { } validation)
                await CheckFileAsync(validation, $"{path}.validation_file", ct);
            if (stage.Method.Replay is { } replay)
                await CheckFileAsync(replay.File, $"{path}.replay.file", ct);
        }
        if (stage.Method.Distillation is { } distillation && (stage.Stages.IsEmpty || distillation.Teacher != DistillationRequest.Previous))
            await teachers.FindAsync(distillation.Teacher, ct, $"{path}.distillation.teacher");
        if (stage.Method.Grader is { } grader)
        {
            var at = $"{path}.{(stage.Method.Distillation is null ? "reinforcement" : "distillation")}.grader";
            await graderModels.CheckAsync(Grader.Parse(grader, at), $"{at}.model", ct);
        }
    }

    /// <summary>Starts the workflow of a job; harmless if it runs, or if the job is final.</summary>
    public Task StartAsync(JobId id, CancellationToken ct) =>
        workflows.StartAsync(FineTuneWorkflow.Name, id.Value, new FineTuneInput(id), ct);

    /// <summary>Cancels a job at any status; one that has ended stays as it is. A running chunk stops within a step and two seconds, also while it validates.</summary>
    /// <exception cref="InputError">There is no such job, or it has ended in another way.</exception>
    public Task<JobRecord> CancelAsync(JobId id, CancellationToken ct) => ChangeAsync(
        id, "cancelled", job => job.Status == JobStatus.Cancelled ? job : job.After(JobMove.Cancel, clock.GetUtcNow()), ct);

    /// <summary>Makes a job wait: at once if it does not train, otherwise when its running chunk has committed.</summary>
    /// <exception cref="InputError">There is no such job, or it has ended.</exception>
    public Task<JobRecord> PauseAsync(JobId id, CancellationToken ct) => ChangeAsync(
        id,
        "paused",
        job => job.Status switch
        {
            JobStatus.Queued => job.After(JobMove.Pause, clock.GetUtcNow()),
            JobStatus.ValidatingFiles or JobStatus.Running => job with { Wish = JobWish.Pause },
            _ => job,
        },
        ct);

    /// <summary>Lets a job go on that waits, or that was asked to.</summary>
    /// <param name="budget">What it may cost from now on, all that it has cost included; null: what it might before.</param>
    /// <exception cref="InputError">There is no such job, it has ended, or it has cost its budget already.</exception>
    public Task<JobRecord> ResumeAsync(JobId id, CancellationToken ct, double? budget = null) => ChangeAsync(
        id,
        "resumed",
        job => (budget is null || job.Status.IsFinal() ? job : job with { Budget = budget }) switch
        {
            var waiting when (waiting.Status == JobStatus.Paused || waiting.Wish == JobWish.Pause) && waiting.IsAtBudget() => throw AtBudget(waiting),
            { Status: JobStatus.Paused } paused => paused.After(JobMove.Resume, clock.GetUtcNow()),
            { Wish: JobWish.Pause } asked => asked with { Wish = JobWish.None },
            var other => other,
        },
        ct);

    private async Task<JobRecord> ChangeAsync(JobId id, string done, Func<JobRecord, JobRecord> change, CancellationToken ct)
    {
        if (await jobs.FindAsync(id, ct) is not { } before)
            throw NotFound(id);
        var after = await UpdateAsync(id, change, ct);
        if (after.Status.IsFinal() && before.Status == after.Status && !(done == "cancelled" && after.Status == JobStatus.Cancelled))
            throw new InputError($"Job {id} has already {Ended(after.Status)} and cannot be {done}", "fine_tuning_job_id");
        wishes.Changed(id);
        await workflows.RaiseAsync(id.Value, FineTuneWorkflow.Changed, ct);
        return after;
    }

    private async Task<JobRecord> UpdateAsync(JobId id, Func<JobRecord, JobRecord> change, CancellationToken ct)
    {
        try
        {
            return await jobs.UpdateAsync(id, change, ct);
        }
        catch (Catalog.RecordNotFoundException)
        {
            throw NotFound(id);
        }
    }

    private async Task CheckFileAsync(FileId id, string parameter, CancellationToken ct)
    {
        if (await files.FindAsync(id, ct) is not { } file)
            throw new InputError($"invalid {parameter}: {id}", parameter);
        if (file.Purpose != TrainingPurpose)
            throw new InputError($"invalid {parameter}: {id} has the purpose '{file.Purpose}'; allowed: '{TrainingPurpose}'", parameter);
    }

    private async Task CheckEvaluationAsync(JobRequest request, CancellationToken ct)
    {
        foreach (var (at, json) in request.Graders.Index())
            await graderModels.CheckAsync(Grader.Parse(json, $"evaluation.graders[{at}]"), $"evaluation.graders[{at}].model", ct);
        if ((request.ValidationFile ?? request.Stages.LastOrDefault()?.ValidationFile) is null && (request.PublishIf is not null || !request.Graders.IsEmpty))
        {
            var parameter = request.PublishIf is null ? "evaluation" : "publish_if";
            throw new InputError($"{parameter}: found no validation_file; allowed: {parameter} with the validation file that both models answer", parameter);
        }
    }

    private static InputError AtBudget(JobRecord job) => new(
        string.Create(
            CultureInfo.InvariantCulture,
            $"budget: job {job.Id} has cost {job.Price!.Of(job.Seconds):0.######} {job.Price.Currency}, and its budget is {job.Budget}; allowed: a budget above what it has cost"),
        "budget", "invalid_value");

    private static InputError NotFound(JobId id) =>
        new($"Could not find fine tune: {id}", "fine_tuning_job_id", "fine_tune_not_found");

    private static string Ended(JobStatus status) => status switch
    {
        JobStatus.Succeeded => "succeeded",
        JobStatus.Failed => "failed",
        _ => "been cancelled",
    };
}
