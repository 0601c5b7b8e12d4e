using System.Text.Json;
using Serverless.Learning;
using Serverless.Learning.Data;
using Serverless.Learning.Grading;
using Serverless.Learning.Models;
using Serverless.Learning.Text;
using Serverless.Service.Files;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Reads a job's files as its preparation and its dry run do: counted with the model's own tokenizer, every fault named.</summary>
public sealed class JobDatasets(DatasetFiles files, FileStore store, TimeProvider clock)
{
    /// <summary>Goes on with counting a file.</summary>
    /// <param name="longest">The tokens that longer examples are cut to; null for none to be cut.</param>
    /// <exception cref="InputError">The file is gone, or it has been read to its end and has faults.</exception>
    public async Task<DatasetScan> ScanAsync(
        JobRecord job, FileId id, string parameter, DatasetScan scan, ChatEncoder encoder, TimeSpan budget, CancellationToken ct, int? longest = null)
    {
        if (scan.Finished)
            return scan;
        var (file, stream) = await OpenAsync(id, parameter, scan.Offset, ct);
        await using (stream)
            scan = await new DatasetScanner(file.Name, MethodFormats.Of(job.Method.Type, file), encoder, clock, longest).ContinueAsync(stream, scan, budget, ct);
        return scan.Finished && DatasetScanner.ErrorOf(scan) is { } message
            ? throw FileRefusal.Of(message, parameter)
            : scan;
    }

    /// <summary>Names every example that is longer than what is trained, if one is.</summary>
    /// <exception cref="InputError">There are such examples.</exception>
    public async Task CheckLengthAsync(
        JobRecord job, FileId id, string parameter, DatasetScan scan, JobPlan plan, ChatEncoder encoder, CancellationToken ct)
    {
        // Text is cut into rows, whatever its length.
        if (scan.LongestTokens <= plan.LongestExample || job.Method.Type == MethodType.Pretraining)
            return;
        var (file, stream) = await OpenAsync(id, parameter, 0, ct);
        await using (stream)
        {
            var sequences = DatasetReader.Read(stream, file.Name, MethodFormats.Of(job.Method.Type, file)).SelectMany(encoder.Encode);
            if (SequenceLength.Check(sequences, plan.LongestExample, file.Name) is { } error)
                throw FileRefusal.Of(error.Message, parameter, error);
        }
    }

    /// <summary>
    /// A recipe whose stages have the validation files that they look at: those that name none have the job's, if their method takes its kind of
    /// data, and the last one has it in any case. Another job is as it was.
    /// </summary>
    /// <exception cref="InputError">The file is gone.</exception>
    public async Task<JobRecord> WithValidationFilesAsync(JobRecord job, CancellationToken ct)
    {
        if (job.Stages.IsEmpty || job.ValidationFile is not { } id)
            return job;
        var file = await files.FindAsync(id, ct) ?? throw FileRefusal.Deleted(id, "validation_file");
        return job with { Stages = [.. job.Stages.Select((stage, at) => stage.ValidationFile is null && (at == job.Stages.Length - 1 || Takes(stage)) ? stage with { ValidationFile = id } : stage)] };

        bool Takes(RecipeStage stage) => file.Report?.Format is { } found && MethodFormats.Of(stage.Method.Type).Contains(found.Format);
    }

    /// <summary>Checks, once the files are read, that the file which base and tuned model are compared on has what the job wants of that.</summary>
    /// <param name="job">The job, its stages with their files.</param>
    /// <exception cref="InputError">It has not, or it is gone.</exception>
    public async Task CheckEvaluationAsync(JobRecord job, CancellationToken ct)
    {
        if (job.AtLast() is { ValidationFile: { } id } last)
            EvaluationMetrics.Check(last, await files.FindAsync(id, ct) ?? throw FileRefusal.Deleted(id, "validation_file"));
    }

    /// <summary>Goes on with counting a stage's files.</summary>
    /// <param name="config">The shape of the model that is trained.</param>
    /// <returns>The whole count once all of it is there.</returns>
    /// <exception cref="InputError">A file is gone, or it has been read to its end and has faults.</exception>
    public async Task<PrepareCursor> ScanAsync(JobRecord job, PrepareCursor cursor, ChatEncoder encoder, DecoderConfig config, TimeSpan budget, CancellationToken ct)
    {
        var begun = clock.GetTimestamp();
        cursor = cursor with { Training = await ScanAsync(job, job.TrainingFile, "training_file", cursor.Training, encoder, budget * 0.75, ct, JobPlanner.CutAt(job, config)) };
        if (cursor.Training.Finished && job.ValidationFile is { } validation)
            cursor = cursor with { Validation = await ScanAsync(job, validation, "validation_file", cursor.Validation, encoder, budget - clock.GetElapsedTime(begun), ct) };
        return cursor.Training.Finished && job.Method.Replay is { } replay
            ? cursor with { Replay = await ScanReplayAsync(replay, cursor.Replay, job, encoder, budget - clock.GetElapsedTime(begun), ct) }
            : cursor;
    }

    /// <summary>Goes on with counting general text.</summary>
    /// <exception cref="InputError">The file is gone, or it has been read to its end and has faults.</exception>
    public Task<DatasetScan> ScanReplayAsync(ReplayRequest replay, DatasetScan scan, JobRecord job, ChatEncoder encoder, TimeSpan budget, CancellationToken ct) =>
        ScanAsync(job.AsReader(), replay.File, ReplayRequest.FileParameter, scan, encoder, budget, ct);

    /// <summary>Names every example that is longer than what is trained, if one is.</summary>
    /// <exception cref="InputError">There are such examples.</exception>
    public async Task CheckLengthAsync(JobRecord job, PrepareCursor cursor, JobPlan plan, ChatEncoder encoder, CancellationToken ct)
    {
        await CheckLengthAsync(job, job.TrainingFile, "training_file", cursor.Training, plan, encoder, ct);
        if (job.ValidationFile is { } validation)
            await CheckLengthAsync(job, validation, "validation_file", cursor.Validation, plan, encoder, ct);
    }

    /// <summary>Checks that the lines which a stage's graders see have the keys that these name: otherwise answers cannot be graded, which nobody would see for hours.</summary>
    /// <param name="stage">The job as if that stage were all of it, with its files.</param>
    /// <param name="answered">How many lines of the validation file are answered at the end.</param>
    /// <exception cref="InputError">A line lacks a key; or the file is gone.</exception>
    public async Task CheckItemsAsync(JobRecord stage, int answered, CancellationToken ct)
    {
        (JsonElement Grader, string Path)[] own = [.. stage.AnswerGraders.Take(stage.Method.Grader is null ? 0 : 1)];
        await CheckItemsAsync(stage.TrainingFile, "training_file", own, int.MaxValue, ct);
        if (stage.ValidationFile is { } validation)
            await CheckItemsAsync(
                validation, "validation_file", stage.IsAtLastStage() ? [.. stage.AnswerGraders] : stage.Method.Type == MethodType.Reinforcement ? own : [],
                stage.IsAtLastStage() ? answered : PolicyLooks.MostPrompts, ct);
    }

    private async Task CheckItemsAsync(FileId id, string parameter, IReadOnlyList<(JsonElement Grader, string Path)> graders, int most, CancellationToken ct)
    {
        var named = graders.Select(grader => (grader.Path, Keys: Grader.Parse(grader.Grader, grader.Path).ItemKeys)).ToList();
        string[] keys = [.. named.SelectMany(grader => grader.Keys).Distinct()];
        if (keys.Length == 0)
            return;
        var (file, stream) = await OpenAsync(id, parameter, 0, ct);
        await using (stream)
        {
            if (await ItemKeyCheck.FirstMissingAsync(stream, keys, most, ct) is not { } missing)
                return;
            var path = named.First(grader => grader.Keys.Contains(missing.Key)).Path;
            throw new InputError(
                $"{path}: found {{{{item.{missing.Key}}}}} in it, and {file.Name} line {missing.Line} ({parameter}) has no \"{missing.Key}\", only {string.Join(", ", missing.Found)}; allowed: keys that every line of the file has",
                path, "invalid_grader");
        }
    }

    /// <summary>What the owner should know of the data of a job, or of one stage of a recipe, before it is paid for.</summary>
    public async Task<IReadOnlyList<PlanWarning>> WarningsAsync(JobRecord job, DatasetScan training, DatasetScan validation, CancellationToken ct)
    {
        var file = await files.FindAsync(job.TrainingFile, ct) ?? throw FileRefusal.Deleted(job.TrainingFile, "training_file");
        var warnings = new List<PlanWarning>(PlanWarning.OfData("training_file", training));
        foreach (var warning in (PlanWarning?[])[PlanWarning.OfFewExamples(job, file, training), PlanWarning.OfTruncated(file, training), PlanWarning.OfIgnored(job)])
        {
            if (warning is not null)
                warnings.Add(warning);
        }
        if (job.ValidationFile is { } id)
        {
            warnings.AddRange(PlanWarning.OfData("validation_file", validation));
            // Documents of plain text are no lines.
            if (MethodFormats.Of(job.Method.Type, file) != DatasetFormat.PlainText)
                warnings.AddRange(await SharedLinesAsync(job.TrainingFile, id, ct));
        }
        return job.Stages.IsEmpty
            ? warnings
            : [.. warnings.Select(warning => warning.Parameter is { } own ? warning with { Parameter = Placed(job, own) } : warning)];
    }

    private async Task<IEnumerable<PlanWarning>> SharedLinesAsync(FileId training, FileId validation, CancellationToken ct)
    {
        var (file, lines) = await OpenAsync(training, "training_file", 0, ct);
        await using (lines)
        {
            var (second, others) = await OpenAsync(validation, "validation_file", 0, ct);
            await using (others)
                return PlanWarning.OfShared(file, second, await SharedLines.CountAsync(lines, others, ct));
        }
    }

    private static string Placed(JobRecord stage, string parameter) => parameter.StartsWith("method.", StringComparison.Ordinal)
        ? stage.MethodPath() + parameter["method".Length..]
        : $"{stage.MethodPath()}.{parameter}";

    private async Task<(FileRecord File, Stream Content)> OpenAsync(FileId id, string parameter, long offset, CancellationToken ct) =>
        await files.FindAsync(id, ct) is { } file && await store.OpenAsync(file, offset, ct) is { } content
            ? (file, content)
            : throw FileRefusal.Deleted(id, parameter);
}
