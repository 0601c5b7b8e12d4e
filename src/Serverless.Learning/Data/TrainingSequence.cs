namespace Serverless.Learning.Data;

/// <summary>Token ids of one example with the mask of its targets.</summary>
public sealed record TrainingSequence
{
    /// <param name="ids">Token ids, shape [T].</param>
    /// <param name="supervised">Shape [T]; <c>supervised[t]</c> says that token t is a target, predicted from the tokens before t.
    /// The first token has nothing before it and is never a target.</param>
    /// <param name="line">The line of the data set it came from, counted from 1; 0 if it came from elsewhere.</param>
    public TrainingSequence(int[] ids, bool[] supervised, int line)
    {
        if (ids.Length != supervised.Length)
            throw new ArgumentException($"{ids.Length} ids but {supervised.Length} mask entries");
        if (supervised is [true, ..])
            throw new ArgumentException("the first token cannot be a target", nameof(supervised));
        Ids = ids;
        Supervised = supervised;
        Line = line;
    }

    /// <summary>Token ids, shape [T].</summary>
    public int[] Ids { get; }

    /// <summary>Which tokens are targets, shape [T].</summary>
    public bool[] Supervised { get; }

    /// <summary>The line of the data set it came from, counted from 1; 0 if it came from elsewhere.</summary>
    public int Line { get; }

    /// <summary>T.</summary>
    public int Length => Ids.Length;

    /// <summary>Its beginning of at most so many tokens.</summary>
    public TrainingSequence CutAt(int length) => Length <= length ? this : new(Ids[..length], Supervised[..length], Line);

    /// <summary>The number of targets, the denominator's share of this sequence.</summary>
    public int SupervisedCount => Supervised.Count(target => target);
}
