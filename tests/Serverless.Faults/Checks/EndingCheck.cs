using System.Globalization;
using Serverless.Faults.Worlds;

namespace Serverless.Faults.Checks;

/// <summary>What a job has come to, beside what an undisturbed one of its kind comes to.</summary>
internal static class EndingCheck
{
    /// <param name="said">Tells of a message that no undisturbed job has whether the fault is to cause it.</param>
    /// <returns>How a job that has succeeded differs.</returns>
    public static IEnumerable<string> Differences(Ending expected, Ending found, Func<string, bool> said)
    {
        foreach (var path in expected.Weights.Keys.Union(found.Weights.Keys))
            if (found.Weights.GetValueOrDefault(path) != expected.Weights.GetValueOrDefault(path))
                yield return $"{path}: other weights than an undisturbed run's";
        if (found.Steps != expected.Steps)
            yield return string.Create(CultureInfo.InvariantCulture, $"the last checkpoint is that of step {found.Steps} instead of {expected.Steps}");
        var messages = found.Messages.Where(message => !said(message)).ToList();
        if (!messages.SequenceEqual(expected.Messages))
            yield return $"other events than an undisturbed run's: {Difference(expected.Messages, messages)}";
        if (!found.Blobs.SequenceEqual(expected.Blobs))
            yield return $"other blobs than an undisturbed run's: {Difference([.. expected.Blobs], [.. found.Blobs])}";
    }

    /// <returns>What a job that did not get to its end tells otherwise than an undisturbed one up to there, its last word left out.</returns>
    public static IEnumerable<string> DifferencesUntilItEnded(Ending expected, Ending found, Func<string, bool> said)
    {
        var messages = found.Messages.SkipLast(1).Where(message => !said(message)).ToList();
        if (messages.Count > expected.Messages.Count || !messages.SequenceEqual(expected.Messages.Take(messages.Count)))
            yield return $"other events than an undisturbed run's up to there: {Difference(expected.Messages, messages)}";
        if (found.Weights.Count > 0)
            yield return "it has not succeeded and has a model";
    }

    /// <summary>Where two lists part.</summary>
    private static string Difference(IReadOnlyList<string> expected, List<string> found)
    {
        var at = expected.Zip(found).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"number {at + 1} of {found.Count} is '{found.ElementAtOrDefault(at)}' instead of '{expected.ElementAtOrDefault(at)}' of {expected.Count}";
    }
}
