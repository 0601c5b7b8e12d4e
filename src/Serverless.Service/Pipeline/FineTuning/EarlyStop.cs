using Serverless.Learning;
using Serverless.Learning.Data;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// Ends training when the validation loss has not fallen for so many epochs (Prechelt, "Early stopping - but when?", 1998, criterion UP
/// with strips of one epoch).
/// </summary>
internal static class EarlyStop
{
    /// <summary>Refuses a patience that would have nothing to wait for.</summary>
    /// <param name="job">The job, or one stage of a recipe as if it were all of it, with its validation file.</param>
    /// <param name="validation">What was counted in that, once it was.</param>
    /// <exception cref="InputError">There is a patience and no validation loss.</exception>
    public static void Check(JobRecord job, DatasetScan? validation = null)
    {
        if (job.Method.Hyperparameters.EarlyStoppingPatience is not { } patience)
            return;
        var path = $"{job.MethodPath()}.{job.Method.Type.ToString().ToLowerInvariant()}.hyperparameters.early_stopping_patience";
        if (job.Method.Type == MethodType.Reinforcement)
            throw new InputError($"{path}: found {patience}; allowed: none with method reinforcement, which has no validation loss; eval_interval shows how its policy does", path, "invalid_value");
        if (job.ValidationFile is null)
            throw new InputError($"{path}: found {patience} and no validation file; allowed: a value with a validation_file, whose loss it waits for", path, "invalid_value");
        if (validation is { SupervisedTokens: 0 })
            throw new InputError($"{path}: found {patience} and a validation file without answers; allowed: a value with one whose answers have a loss", path, "invalid_value");
    }

    /// <summary>Whether the lowest of these losses, epoch by epoch, lies at least <paramref name="patience"/> epochs back; of equal ones the first counts.</summary>
    public static bool IsDue(IReadOnlyList<double> losses, int patience) =>
        losses.Count > 0 && losses.Count - 1 - IndexOfLowest(losses) >= patience;

    private static int IndexOfLowest(IReadOnlyList<double> losses)
    {
        var lowest = 0;
        for (var epoch = 1; epoch < losses.Count; epoch++)
        {
            if (losses[epoch] < losses[lowest])
                lowest = epoch;
        }
        return lowest;
    }
}
