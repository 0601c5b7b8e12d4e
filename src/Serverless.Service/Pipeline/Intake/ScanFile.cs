using Serverless.Learning.Data;
using Serverless.Learning.Text;
using Serverless.Service.Files;
using Serverless.Service.Models;

namespace Serverless.Service.Pipeline.Intake;

/// <summary>Reads a stretch of a file; the record keeps what was counted and where to go on.</summary>
public sealed class ScanFile(
    FileCatalog files, FileStore store, ModelCatalog models, ModelEncoders encoders, PipelineSettings settings, TimeProvider clock)
    : IActivity<FileId, ScanOutcome>
{
    /// <summary>Files of this purpose hold training data; others are kept as they are.</summary>
    public const string TrainingPurpose = "fine-tune";

    public static ActivityName<FileId, ScanOutcome> Name { get; } = new(nameof(ScanFile));

    public async Task<ScanOutcome> RunAsync(FileId input, ActivityScope scope)
    {
        var ct = scope.Stopping;
        if (await files.FindAsync(input, ct) is not { Status: FileStatus.Uploaded } file)
            return ScanOutcome.Done;
        if (file.Purpose != TrainingPurpose)
        {
            await files.UpdateAsync(input, now => now with { Status = FileStatus.Processed }, ct);
            return ScanOutcome.Done;
        }
        var report = file.Report ?? DatasetScan.Start;
        await using var stream = await store.OpenAsync(input, report.Offset, ct);
        if (stream is null)
            return ScanOutcome.Done;
        var budget = (scope.Deadline - clock.GetUtcNow()) / 2;
        report = await new DatasetScanner(file.Name, format: null, await EncoderAsync(ct), clock).ContinueAsync(stream, report, budget, ct);
        await files.UpdateAsync(input, now => now.Status == FileStatus.Uploaded ? Reported(now, report) : now, ct);
        return report.Finished ? ScanOutcome.Done : ScanOutcome.More;
    }

    private static FileRecord Reported(FileRecord file, DatasetScan report) => file with
    {
        Report = report,
        Status = !report.Finished ? FileStatus.Uploaded : report.FaultCount == 0 ? FileStatus.Processed : FileStatus.Error,
        StatusDetails = report.Finished ? DatasetScanner.ErrorOf(report) : null,
    };

    private async Task<ChatEncoder?> EncoderAsync(CancellationToken ct) =>
        await models.FindAsync(new ModelId(settings.IntakeModel), ct) is { } model ? await encoders.OfAsync(model, ct) : null;
}
