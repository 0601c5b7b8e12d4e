namespace Serverless.Learning.Sampling.Grammars;

/// <summary>All places at which a text that was read so far can stand. Equal states of an automaton are one object.</summary>
internal sealed class GrammarState(IReadOnlyList<GrammarState.Place> places, bool accepts)
{
    private readonly GrammarState?[] _next = new GrammarState?[256];

    /// <summary>The state of texts that cannot be continued to anything the grammar has.</summary>
    public static GrammarState Dead { get; } = new([], accepts: false);

    /// <summary>Places that wait for a byte.</summary>
    public IReadOnlyList<Place> Places => places;

    /// <summary>Whether the text may end here.</summary>
    public bool Accepts => accepts;

    /// <summary>Whether the text can go on from here.</summary>
    public bool Continues => places.Count > 0;

    /// <summary>The tokens that may come next, a bit each; computed when first asked for.</summary>
    public ulong[]? Tokens { get; set; }

    /// <summary>The state after a byte, or null if it was not computed yet.</summary>
    public GrammarState? this[byte symbol]
    {
        get => _next[symbol];
        set => _next[symbol] = value;
    }

    /// <summary>Lets go of what was computed and can be computed again.</summary>
    public void Forget()
    {
        Tokens = null;
        Array.Clear(_next);
    }

    /// <summary>A node and what its rule returns to.</summary>
    internal readonly record struct Place(int Node, GrammarFrame? Frame);
}
