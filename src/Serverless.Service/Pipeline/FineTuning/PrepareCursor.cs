using Serverless.Learning.Data;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>How far the files of a job, or of one stage of a recipe, have been read with its model's tokenizer; <c>jobs/&lt;id&gt;/prepare.json</c>.</summary>
public sealed record PrepareCursor
{
    public DatasetScan Training { get; init; } = DatasetScan.Start;

    /// <summary>Stays at its start without a validation file.</summary>
    public DatasetScan Validation { get; init; } = DatasetScan.Start;

    /// <summary>Stays at its start without general text.</summary>
    public DatasetScan Replay { get; init; } = DatasetScan.Start;

    /// <summary>Whether all files that the job has were read to their end.</summary>
    public bool IsComplete(JobRecord job) =>
        Training.Finished && (job.ValidationFile is null || Validation.Finished) && (job.Method.Replay is null || Replay.Finished);
}
