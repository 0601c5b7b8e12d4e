using Serverless.Learning;
using Serverless.Learning.Data;
using Serverless.Learning.Models;
using Serverless.Learning.Text;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning.Teaching;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// Checks a request as creating and preparing the job would, and plans it as those would, without writing anything to the storage, without
/// the model's weights and without libtorch.
/// </summary>
public sealed class DryRuns(
    JobService jobs, CheckpointModels models, DatasetFiles files, JobDatasets datasets, TeacherPrompts prompts, ModelStore modelStore, ModelEncoders encoders, JobFolders folders,
    PipelineSettings settings, TimeProvider clock)
{
    /// <exception cref="InputError">The request cannot be created, or its job would fail before it trains; the error is the one of either.</exception>
    public async Task<DryRun> RunAsync(JobRequest request, CancellationToken ct)
    {
        var (drafted, model) = await jobs.DraftAsync(request, ct);
        var job = await datasets.WithValidationFilesAsync(drafted, ct);
        await datasets.CheckEvaluationAsync(job, ct);
        var (encoder, config) = await ReadAsync(model, job, ct);
        var stages = new List<DryRunStage>();
        foreach (var stage in job.InStages())
        {
            try
            {
                if (!stage.Stages.IsEmpty && stage.Stages[stage.Stage].Student is { } student)
                    (encoder, config) = await ReadAsync((await models.DescribeAsync(student, ct))!, job, ct);
                stages.Add(await LookAtAsync(stage, encoder, config, settings.DryRunTime / Math.Max(1, job.Stages.Length), ct));
            }
            catch (InputError error)
            {
                throw stage.Placed(error);
            }
        }
        return await SumAsync(job, stages, ct);
    }

    private async Task<(ChatEncoder Encoder, DecoderConfig Config)> ReadAsync(ModelRecord model, JobRecord job, CancellationToken ct)
    {
        // An adapter has its base's shape, tokenizer and template.
        var whole = await modelStore.WeightsOfAsync(model, ct);
        var light = whole with { Parts = [.. whole.Parts.Where(part => !part.Path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))] };
        return ((await encoders.OfAsync(light, ct)).At(job.CreatedAt), DecoderConfig.Load(await modelStore.DownloadAsync(light, folders.Models, ct)));
    }

    private async Task<DryRunStage> LookAtAsync(JobRecord job, ChatEncoder encoder, DecoderConfig config, TimeSpan budget, CancellationToken ct)
    {
        var training = await FileAsync(job, job.TrainingFile, "training_file", ct);
        var validation = job.ValidationFile is { } id ? await FileAsync(job, id, "validation_file", ct) : null;
        var replayed = job.Method.Replay is { } replay ? await FileAsync(job.AsReader(), replay.File, ReplayRequest.FileParameter, ct) : null;
        var until = clock.GetUtcNow() + budget;
        var counted = await CountAsync(job, training, "training_file", encoder, budget * 0.75, ct, JobPlanner.CutAt(job, config));
        var checkedOn = validation is null
            ? DatasetScan.Start
            : await CountAsync(job, validation, "validation_file", encoder, until - clock.GetUtcNow(), ct);
        var read = replayed is null ? DatasetScan.Start : await datasets.ScanReplayAsync(job.Method.Replay!, DatasetScan.Start, job, encoder, until - clock.GetUtcNow(), ct);
        var cursor = new PrepareCursor
        {
            Training = Whole(counted, training), Validation = validation is null ? checkedOn : Whole(checkedOn, validation), Replay = replayed is null ? read : Whole(read, replayed),
        };
        var plan = JobPlanner.PlanOf(job, config, cursor);
        await datasets.CheckLengthAsync(job, new PrepareCursor { Training = counted, Validation = checkedOn }, plan, encoder, ct);
        await datasets.CheckItemsAsync(job, settings.EvaluatedAnswers, ct);
        if (job.Method.Distillation is not null)
            _ = await prompts.ReadAsync(job, ct);
        return new DryRunStage
        {
            Job = job with { Options = plan.Options, Method = PlannedStage.Resolved(job.Method, plan), Fingerprint = plan.Fingerprint },
            Plan = plan,
            TrainingFile = training,
            Training = cursor.Training,
            ValidationFile = validation,
            Validation = cursor.Validation,
            IsEstimated = !counted.Finished || validation is not null && !checkedOn.Finished || replayed is not null && !read.Finished,
        };
    }

    private async Task<DryRun> SumAsync(JobRecord job, List<DryRunStage> stages, CancellationToken ct)
    {
        var planned = PlannedStage.InOrder([.. stages.Select(stage => new PlannedStage(stage.Job, stage.Plan, new PrepareCursor()))]);
        var (bytes, time) = (PlannedStage.BytesOf(planned), PlannedStage.TimeOf(planned));
        var warnings = new List<PlanWarning>();
        foreach (var stage in stages)
            warnings.AddRange(await datasets.WarningsAsync(stage.Job, stage.Training, stage.Validation, ct));
        return new DryRun
        {
            Job = PlannedStage.Resolved(job, planned),
            Stages = [.. stages.Zip(planned, (stage, plan) => stage with { Plan = plan.Plan })],
            EstimatedTime = time,
            EstimatedBytes = bytes,
            Price = settings.Prices.For(bytes),
            Warnings = [.. warnings.DistinctBy(warning => warning.Message), .. PlanWarning.OfCost(job, bytes, time, settings.Prices)],
        };
    }

    /// <summary>A file that intake refused, or that is of another kind than the method's, is refused here.</summary>
    private async Task<FileRecord> FileAsync(JobRecord job, FileId id, string parameter, CancellationToken ct)
    {
        var file = await files.FindAsync(id, ct) ?? throw new InputError($"invalid {parameter}: {id}", parameter);
        var fault = file.Status == FileStatus.Error ? file.StatusDetails ?? "" : MethodFormats.FaultOf(job.Method.Type, file, parameter);
        return fault is null ? file : throw FileRefusal.Of(fault, parameter);
    }

    private Task<DatasetScan> CountAsync(
        JobRecord job, FileRecord file, string parameter, ChatEncoder encoder, TimeSpan budget, CancellationToken ct, int? longest = null) =>
        datasets.ScanAsync(job, file.Id, parameter, DatasetScan.Start, encoder, budget, ct, longest);

    /// <summary>The count of a whole file, by proportion where only its beginning was read; the number of examples is intake's, if that has ended.</summary>
    private static DatasetScan Whole(DatasetScan read, FileRecord file)
    {
        if (read.Finished || read.Examples == 0)
            return read;
        var factor = file.Report is { Finished: true, Examples: > 0 } report
            ? (double)report.Examples / read.Examples
            : (double)file.Bytes / read.Offset;
        return read with
        {
            Examples = (int)Math.Round(read.Examples * factor),
            Sequences = (int)Math.Round(read.Sequences * factor),
            UnsupervisedExamples = (int)Math.Round(read.UnsupervisedExamples * factor),
            Tokens = (long)Math.Round(read.Tokens * factor),
            SupervisedTokens = (long)Math.Round(read.SupervisedTokens * factor),
            TruncatedExamples = (int)Math.Round(read.TruncatedExamples * factor),
            TruncatedTokens = (long)Math.Round(read.TruncatedTokens * factor),
        };
    }
}
