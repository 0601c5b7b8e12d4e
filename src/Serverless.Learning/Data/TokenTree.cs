namespace Serverless.Learning.Data;

/// <summary>
/// The tokens of several sequences, in which those that begin alike have their common beginning once: what a causal decoder computes of a
/// token depends on it and the tokens before it only. A sequence shares no token that has a target, and not its last one.
/// </summary>
internal sealed class TokenTree(bool share)
{
    private const int Root = -1;
    private const int NoTarget = -1;
    private readonly Dictionary<(int Parent, int Id), int> children = [];

    /// <summary>[N]: token ids.</summary>
    public List<int> Ids { get; } = [];

    /// <summary>[N]: the token to be predicted after each, or -1.</summary>
    public List<int> Targets { get; } = [];

    /// <summary>[N]: the position of each within its sequences.</summary>
    public List<int> Positions { get; } = [];

    /// <summary>[N]: the example that brought each.</summary>
    public List<int> Examples { get; } = [];

    /// <summary>Adds a sequence; its own tokens stand one after another.</summary>
    /// <param name="example">What the sequence is called in <see cref="Examples"/>.</param>
    /// <param name="places">Receives, from its beginning on, the index of each of the sequence's tokens.</param>
    public void Add(TrainingSequence sequence, int example, Span<int> places)
    {
        var sharable = share ? SharableTokens(sequence) : 0;
        var parent = Root;
        for (var t = 0; t < sequence.Length; t++)
        {
            if (t >= sharable || !children.TryGetValue((parent, sequence.Ids[t]), out var token))
            {
                token = Ids.Count;
                Ids.Add(sequence.Ids[t]);
                Targets.Add(t + 1 < sequence.Length && sequence.Supervised[t + 1] ? sequence.Ids[t + 1] : NoTarget);
                Positions.Add(t);
                Examples.Add(example);
                if (t < sharable) children.Add((parent, sequence.Ids[t]), token);
            }
            places[t] = parent = token;
        }
    }

    /// <summary>How many tokens from the beginning predict nothing and are not the last.</summary>
    private static int SharableTokens(TrainingSequence sequence)
    {
        var first = Array.IndexOf(sequence.Supervised, true);
        return Math.Max(0, (first < 0 ? sequence.Length : first) - 1);
    }
}
