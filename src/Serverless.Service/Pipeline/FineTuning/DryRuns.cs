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
    JobService jobs, FileCatalog files, JobDatasets datasets, TeacherPrompts prompts, ModelStore modelStore, ModelEncoders encoders, JobFolders folders,
    PipelineSettings settings, TimeProvider clock)
{
    /// <exception cref="InputError">The request cannot be created, or its job would fail before it trains; the error is the one of either.</exception>
    public async Task<DryRun> RunAsync(JobRequest request, CancellationToken ct)
    {
        var (job, model) = await jobs.DraftAsync(request, ct);
        var training = await FileAsync(job, job.TrainingFile, "training_file", ct);
        var validation = job.ValidationFile is { } id ? await FileAsync(job, id, "validation_file", ct) : null;
        // An adapter has its base's shape, tokenizer and template.
        var whole = await modelStore.WeightsOfAsync(model, ct);
        var light = whole with { Parts = [.. whole.Parts.Where(part => !part.Path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))] };
        var encoder = (await encoders.OfAsync(light, ct)).At(job.CreatedAt);
        var config = DecoderConfig.Load(await modelStore.DownloadAsync(light, folders.Models, ct));

        var until = clock.GetUtcNow() + settings.DryRunTime;
        var counted = await CountAsync(job, training, "training_file", encoder, settings.DryRunTime * 0.75, ct);
        var checkedOn = validation is null
            ? DatasetScan.Start
            : await CountAsync(job, validation, "validation_file", encoder, until - clock.GetUtcNow(), ct);
        var isEstimated = !counted.Finished || validation is not null && !checkedOn.Finished;
        var cursor = new PrepareCursor { Training = Whole(counted, training), Validation = validation is null ? checkedOn : Whole(checkedOn, validation) };
        var plan = JobPlanner.PlanOf(job, config, cursor);
        await datasets.CheckLengthAsync(job, training.Id, "training_file", counted, plan, encoder, ct);
        if (validation is not null)
            await datasets.CheckLengthAsync(job, validation.Id, "validation_file", checkedOn, plan, encoder, ct);
        if (job.Method.Distillation is not null)
            _ = await prompts.ReadAsync(job, ct);
        return new DryRun
        {
            Job = job with { Options = plan.Options, Fingerprint = plan.Fingerprint },
            Plan = plan,
            TrainingFile = training,
            Training = cursor.Training,
            ValidationFile = validation,
            Validation = cursor.Validation,
            IsEstimated = isEstimated,
            Price = settings.Prices.For(plan.EstimatedBytes),
            Warnings = await datasets.WarningsAsync(job, plan, cursor.Training, cursor.Validation, settings.Prices, ct),
        };
    }

    /// <summary>A file as intake left it; one that it refused, or that is of another kind than the method's, is refused here.</summary>
    private async Task<FileRecord> FileAsync(JobRecord job, FileId id, string parameter, CancellationToken ct)
    {
        var file = await files.FindAsync(id, ct) ?? throw new InputError($"invalid {parameter}: {id}", parameter);
        var fault = file.Status == FileStatus.Error ? file.StatusDetails ?? "" : MethodFormats.FaultOf(job.Method.Type, file, parameter);
        return fault is null ? file : throw new InputError(fault, parameter, $"invalid_{parameter}");
    }

    private Task<DatasetScan> CountAsync(JobRecord job, FileRecord file, string parameter, ChatEncoder encoder, TimeSpan budget, CancellationToken ct) =>
        datasets.ScanAsync(job, file.Id, parameter, DatasetScan.Start, encoder, budget, ct);

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
        };
    }
}
