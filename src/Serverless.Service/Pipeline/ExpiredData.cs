using Serverless.Service.Idempotency;
using Serverless.Service.Pipeline.Evals;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Service.Uploads;

namespace Serverless.Service.Pipeline;

/// <summary>
/// Removes whatever has a time that is over: files, uploads in parts, kept answers, this machine's folders of jobs that have ended, contents that nothing names, and what
/// evaluations have left that were deleted.
/// </summary>
public sealed class ExpiredData(ExpiredFiles files, UploadService uploads, KeptAnswers answers, EndedFolders folders, UnnamedContents unnamed, LeftEvalRuns evalRuns)
{
    /// <summary>How often a head calls this.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    /// <summary>Removes all of it; one kind that fails keeps none of the others, and the call fails when all have ended.</summary>
    public Task RemoveAsync(CancellationToken ct) =>
        Task.WhenAll(
            files.RemoveAsync(ct), uploads.RemoveExpiredAsync(ct), answers.RemoveExpiredAsync(ct), folders.RemoveAsync(ct), unnamed.RemoveAsync(ct), evalRuns.RemoveAsync(ct));
}
