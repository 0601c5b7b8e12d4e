using Serverless.Learning;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>What an activity of a job returns: a value also where the job's owner is at fault.</summary>
/// <param name="Result">What comes next.</param>
/// <param name="Pause">How long to wait, with <see cref="StageResult.Wait"/>.</param>
/// <param name="Error">What the owner is told, with <see cref="StageResult.Refuse"/>.</param>
public sealed record StageOutcome(StageResult Result, TimeSpan? Pause = null, JobError? Error = null)
{
    public static StageOutcome Done { get; } = new(StageResult.Done);

    public static StageOutcome Next { get; } = new(StageResult.Next);

    public static StageOutcome More { get; } = new(StageResult.More);

    public static StageOutcome Yield { get; } = new(StageResult.Yield);

    public static StageOutcome Stop { get; } = new(StageResult.Stop);

    public static StageOutcome Train { get; } = new(StageResult.Train);

    public static StageOutcome Wait(TimeSpan pause) => new(StageResult.Wait, pause);

    public static StageOutcome Refuse(JobError error) => new(StageResult.Refuse, Error: error);

    /// <param name="code">The wire's code where the error has none of its own.</param>
    /// <param name="parameter">The request parameter at fault where the error names none.</param>
    public static StageOutcome Refuse(InputError error, string code, string? parameter) =>
        Refuse(new JobError(error.Code ?? code, error.Message, error.Parameter ?? parameter));
}
