namespace Serverless.Learning.Data;

/// <summary>The check that every example fits the context.</summary>
public static class SequenceLength
{
    /// <summary>The error that names the first example longer than the limit and up to ten more, or null if all fit.</summary>
    /// <param name="sequences">The sequences of a data set, read once.</param>
    /// <param name="maxTokens">The longest sequence that is trained on, in tokens.</param>
    /// <param name="fileName">The name the error gives.</param>
    public static InputError? Check(IEnumerable<TrainingSequence> sequences, int maxTokens, string fileName)
    {
        var faults = new FaultList();
        foreach (var sequence in sequences)
            if (sequence.Length > maxTokens)
                faults.Add($"{fileName} line {sequence.Line}: found {sequence.Length} tokens; allowed: {maxTokens}");
        return faults.ToError();
    }
}
