using Serverless.Learning.Data;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>How far the files of a job, or of one stage of a recipe, have been read with its model's tokenizer; <c>jobs/&lt;id&gt;/prepare.json</c>.</summary>
public sealed record PrepareCursor
{
    public DatasetScan Training { get; init; } = DatasetScan.Start;

    /// <summary>Stays at its start without a validation file.</summary>
    public DatasetScan Validation { get; init; } = DatasetScan.Start;
}
